package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/mtm/account"
)

// compare is the benchmark of fetching a mailbox with several clients that take turns.
type compare struct {
	setup
	window  job
	clients []string
	own     []string // NAME=COMMAND
	servers []string
}

func newCompare() *cobra.Command {
	var m compare
	c := &cobra.Command{
		Use:   "compare",
		Short: "Fetches a mailbox with ours and with other people's clients, from ours and from other servers, taking turns",
		Long: `Compare fetches one mailbox with several clients that take turns, into a new folder each time: our MTM, the programs that
are installed of mpop (to Maildir and to mbox), fetchmail, getmail6, curl and Python's poplib, and your own with --client.
Beside them stand two small programs that show what the machine can do: "bare POP3", a client that sends RETR, 100 in
flight, and appends what comes to one file; and "bare TCP", a receiver that is sent the same octets without a protocol.
Both sync once for 1,000 messages.

Every message that a client keeps is compared with what was served, but for what the program is known to change. A
program that fails is told with its own words, and the rest goes on. Durability decides much of the difference: how often
each client syncs is counted by strace in a run of its own, where strace is installed and may trace.

A command line of your own may hold {host}, {port}, {user}, {password}, {dir} and, with --tls, {ca}, the authority to trust; they
are quoted for the shell already. It must copy every message below {dir}, one a file or into one mbox. In Debian the packages are mpop, fetchmail, getmail6, curl, python3, dovecot-pop3d, strace.`,
		Example: `  bench compare
  bench compare --messages 10000 --clients mpop-maildir,mpop-mbox --server pop3sim,dovecot --html compare.html
  bench compare --clients '' --client 'mine=./fetch --pop3 {host}:{port} -u {user} -p {password} --out {dir}'
  bench compare --mtm bin/mtm --pop3sim bin/pop3sim --messages 100000 --size 2KiB
  bench compare --tls stls --server pop3sim,dovecot
  bench compare --target 127.0.0.1:1110 --clients curl`,
	}
	m.addFlags(c, 2_000, 8<<10, 5, 0)
	f := c.Flags()
	m.addClientFlag(f)
	f.StringSliceVar(&m.clients, "clients", nil, "clients of others (default those that are installed): "+strings.Join(peerNames(), ", "))
	f.StringArrayVar(&m.own, "client", nil, "`NAME=COMMAND` of your own, repeatable: see above")
	f.StringSliceVar(&m.servers, "server", []string{simulatorName}, "servers to fetch from: pop3sim, dovecot")
	m.window.windowFlag(c)
	m.addServerFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		own, err := m.validate(c)
		if err != nil {
			return err
		}
		if err := checkSpace(m.dir, 2*m.box.total()); err != nil {
			return err
		}
		return m.withServers(c.Context(), m.servers, 1, func(servers []serverSpec, versions []participant) error {
			return m.withSpool(c.Context(), c.ErrOrStderr(), 1, func(spool string) error {
				p, err := m.plan(c.Context(), own, f.Changed("clients"), servers, versions, spool)
				if err != nil {
					return err
				}
				return p.run(c)
			})
		})
	}
	return c
}

// validate also takes the command lines apart.
func (m *compare) validate(c *cobra.Command) ([]clientSpec, error) {
	if err := m.setup.validate(c.Flags()); err != nil {
		return nil, err
	}
	if err := m.validateTLS(); err != nil {
		return nil, err
	}
	if err := m.window.validateWindow(); err != nil {
		return nil, err
	}
	if err := checkServers(m.servers, []string{simulatorName, dovecotName}, m.target); err != nil {
		return nil, err
	}
	if len(m.clients) == 1 && m.clients[0] == "" {
		m.clients = nil // --clients '' wants none of them
	}
	if err := checkClients(m.clients); err != nil {
		return nil, err
	}
	var own []clientSpec
	taken := append([]string{oursName, barePOP3, bareTCP}, peerNames()...)
	for _, text := range m.own {
		name, line, ok := strings.Cut(text, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, cli.Usage("--client takes NAME=COMMAND, not %q", text)
		}
		if slices.Contains(taken, name) {
			return nil, cli.Usage("--client: the name %s is taken", name)
		}
		taken = append(taken, name)
		if err := (peer.CommandLine{Title: name, Line: line}).Validate(); err != nil {
			return nil, cli.Usage("--client: %w", err)
		}
		own = append(own, clientSpec{Name: name, Command: line})
	}
	return own, nil
}

// validateTLS refuses what clients of others cannot be told to do.
func (m *compare) validateTLS() error {
	if m.tls == string(account.NoTLS) {
		return nil
	}
	if m.tlsName != "" {
		return cli.Usage("--tls-name: the clients of others check the certificate for the host that they connect to")
	}
	if m.target != "" && m.line() != (line{}) {
		return cli.Usage("--rtt and --bandwidth stand between the clients and the certificate of a --target: leave them or --tls out")
	}
	for _, name := range m.clients {
		if p, known := peers()[name]; known && !p.Encrypts(peer.TLS(m.tls)) {
			return cli.Usage("--clients: %s cannot protect its line with --tls %s: leave it out", name, m.tls)
		}
	}
	return nil
}

// plan is a trial for each client at each server, and the machine's limit once a round.
func (m *compare) plan(ctx context.Context, own []clientSpec, named bool, servers []serverSpec, versions []participant, spool string) (*plan, error) {
	p := m.begin("compare")
	p.found.Servers, p.found.What = versions, m.what()+m.window.window()
	specs, err := m.take(ctx, p, own, named)
	if err != nil {
		return nil, err
	}
	for _, server := range servers {
		for _, spec := range specs {
			t := trial{
				Label: spec.Name, Server: server, Client: spec, Line: m.line(), Accounts: 1, Spool: spool,
				Visits: []visitSpec{{Mailbox: m.box, Job: job{Mode: copyMail, Which: newOnes, Window: m.window.Window}}},
			}
			if len(servers) > 1 {
				t.Label += " from " + server.Name
			}
			p.trials = append(p.trials, t)
		}
	}
	p.watched(p.trials...)
	if err := m.limit(ctx, p, bareTCP); err != nil {
		return nil, err
	}
	p.found.Notes = append(p.found.Notes,
		"Every message of every run was compared with what was served, but for what a client is known to change.",
		"Ratios compare clients that do not all do the same: ours keeps every octet, an index and the headers of the mailbox, and syncs "+
			"a batch; what a power failure loses is fetched again. See what each syncs.")
	m.durability(ctx, p, servers[0])
	return p, nil
}

// take asks every client for its version. One of others that is not installed is left out, or an error when it was named.
func (m *compare) take(ctx context.Context, p *plan, own []clientSpec, named bool) ([]clientSpec, error) {
	wanted := []clientSpec{{Name: oursName, Program: m.mtm}}
	others := m.clients
	if !named {
		others = peerNames()
	}
	for _, name := range others {
		if m.tls != string(account.NoTLS) && !peers()[name].Encrypts(peer.TLS(m.tls)) {
			p.found.Notes = append(p.found.Notes, fmt.Sprintf("%s was left out: it cannot protect its line with --tls %s.", name, m.tls))
			continue
		}
		wanted = append(wanted, clientSpec{Name: name})
	}
	wanted = append(wanted, own...)
	wanted = append(wanted, clientSpec{Name: barePOP3})
	var taken []clientSpec
	for _, spec := range wanted {
		switch err := p.participate(ctx, spec); {
		case err != nil && !named && missing(err) && spec.Name != oursName:
			p.found.Notes = append(p.found.Notes, fmt.Sprintf("%s was left out: %v.", spec.Name, err))
		case err != nil:
			return nil, err
		default:
			taken = append(taken, spec)
		}
	}
	return taken, nil
}

// limit adds the bare sender and this receiver, where the mailbox is ours to send.
func (s *setup) limit(ctx context.Context, p *plan, receiver string) error {
	switch {
	case s.target != "":
		p.found.Notes = append(p.found.Notes, "The bare sender sends synthetic mail only: it was left out.")
		return nil
	case s.box.total() > largestSent:
		p.found.Notes = append(p.found.Notes, "The bare sender keeps all mail in memory and takes "+octets(largestSent)+" at most: it was left out.")
		return nil
	}
	if s.tls != string(account.NoTLS) {
		p.found.Notes = append(p.found.Notes, "The bare sender sends in the clear.")
	}
	spec := clientSpec{Name: receiver}
	p.trials = append(p.trials, trial{
		Label: receiver, Server: serverSpec{Name: limitName}, Client: spec, Line: s.line(), Accounts: 1,
		Visits: []visitSpec{{Mailbox: s.box, Job: job{Mode: copyMail, Which: newOnes}}},
	})
	return p.participate(ctx, spec)
}

// durability adds one run of each client under strace, which is not measured; else it says what is known.
func (m *compare) durability(ctx context.Context, p *plan, server serverSpec) {
	if canTrace(ctx) {
		for _, t := range p.trials {
			if t.Server.Name == server.Name || t.Server.Name == limitName {
				t.Syncs = true
				p.extra = append(p.extra, t)
			}
		}
	}
	for i := range p.found.Clients {
		p.found.Clients[i].Durability = knownSyncs(p.found.Clients[i].Name)
	}
}
