package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/mtm/account"
)

// compare measures how fast several clients, in turn, fetch a mailbox.
type compare struct {
	harness.Setup
	window  int
	clients []string
	own     []string // NAME=COMMAND
	servers []string
	base    string // client that the others are compared with
}

// CompareMode returns the mode that runs it.
func CompareMode() harness.Mode { return harness.Mode{Command: newCompare()} }

func newCompare() *cobra.Command {
	var m compare
	c := &cobra.Command{
		Use:   "compare",
		Short: "Fetch a mailbox with our client and others in turn, from our server and others",
		Long: `Compare fetches one mailbox with several clients that take turns, into a new directory each time: our MTM, those that are
installed of mpop (to Maildir and to mbox), fetchmail (with a program for each message, and to BSMTP), getmail6 (with a
program for each message, and to mbox), curl and Python's poplib, and your own with --client. Two small programs show what
the machine can do: "bare POP3", a client that sends RETR, 100 in flight, and appends the mail to one file; and "bare TCP",
a receiver of the same octets without a protocol. Both sync once for 1,000 messages.

Every message that a client stores is compared with what was served, except for what the program is known to change. When a
program fails, its error output is shown and the others continue. Durability decides much of the difference: how often
each client syncs is counted by strace in a run of its own, where strace is installed and may trace.

Your own command line may hold {host}, {port}, {user}, {password}, {dir} and, with --tls, {ca}, the certificate authority to
trust; they are already quoted for the shell. It runs in the working directory and must copy every message below {dir}, one
per file or into one mbox. In Debian the packages are mpop, fetchmail, getmail6, curl, python3, dovecot-pop3d, strace.`,
		Example: `  bench compare
  bench compare --messages 10000 --clients mpop-maildir,mpop-mbox --server pop3sim,dovecot --html compare.html
  bench compare --clients '' --client 'mine=./fetch --pop3 {host}:{port} -u {user} -p {password} --out {dir}'
  bench compare --mtm bin/mtm --pop3sim bin/pop3sim --messages 100000 --size 2KiB
  bench compare --tls stls --server pop3sim,dovecot
  bench compare --clients mpop-mbox,curl --baseline mpop-mbox
  bench compare --target 127.0.0.1:1110 --clients curl`,
	}
	m.AddFlags(c, 2_000, 8<<10, 5, 0)
	f := c.Flags()
	m.AddClientFlag(f)
	f.StringSliceVar(&m.clients, "clients", nil, "clients of others (default those that are installed): "+strings.Join(clients.PeerNames(), ", "))
	f.StringArrayVar(&m.own, "client", nil, "`NAME=COMMAND` of your own, repeatable: see above")
	f.StringSliceVar(&m.servers, "server", []string{servers.Simulator}, "servers to fetch from: pop3sim, dovecot")
	f.StringVar(&m.base, "baseline", clients.MTM, "`NAME` of the client that the others are compared with")
	harness.WindowFlag(f, &m.window)
	m.AddServerFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		own, err := m.validate(c)
		if err != nil {
			return err
		}
		if err := workload.CheckSpace(m.Dir, 2*m.Box.Total()); err != nil {
			return err
		}
		return m.WithServers(c.Context(), m.servers, 1, func(hosts []servers.Spec, versions []report.Participant) error {
			return m.WithSpool(c.Context(), c.ErrOrStderr(), 1, func(spool string) error {
				p, err := m.plan(c.Context(), own, f.Changed("clients"), hosts, versions, spool)
				if err != nil {
					return err
				}
				return p.Run(c)
			})
		})
	}
	return c
}

// validate checks the flags, and splits the command lines of clients.
func (m *compare) validate(c *cobra.Command) ([]clients.Client, error) {
	if err := m.Setup.Validate(c.Flags()); err != nil {
		return nil, err
	}
	if err := m.validateTLS(); err != nil {
		return nil, err
	}
	if err := harness.CheckWindow(m.window); err != nil {
		return nil, err
	}
	if err := servers.CheckNames(m.servers, []string{servers.Simulator, servers.DovecotName}, m.Target); err != nil {
		return nil, err
	}
	if len(m.clients) == 1 && m.clients[0] == "" {
		m.clients = nil // --clients '' means no third-party clients
	}
	if err := clients.CheckNames(m.clients); err != nil {
		return nil, err
	}
	var own []clients.Client
	taken := append([]string{clients.MTM, clients.BarePOP3Name, clients.BareTCPName}, clients.PeerNames()...)
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
		own = append(own, &clients.Theirs{Title: name, Command: line})
	}
	return own, nil
}

// validateTLS returns an error for TLS settings that third-party clients do not support.
func (m *compare) validateTLS() error {
	if m.TLS == string(account.NoTLS) {
		return nil
	}
	if m.TLSName != "" {
		return cli.Usage("--tls-name: third-party clients check the certificate for the host that they connect to; leave it out")
	}
	if m.Target != "" && m.Line() != (wire.Line{}) {
		return cli.Usage("--rtt and --bandwidth use a relay, for which the certificate of a --target is not valid: leave out them or --tls")
	}
	for _, name := range m.clients {
		if p, known := clients.Peers()[name]; known && !p.Encrypts(peer.TLS(m.TLS)) {
			return cli.Usage("--clients: %s does not support --tls %s: leave it out", name, m.TLS)
		}
	}
	return nil
}

// plan returns a trial for each client with each server, and once in each round a trial of the
// machine's limit.
func (m *compare) plan(ctx context.Context, own []clients.Client, named bool, hosts []servers.Spec, versions []report.Participant, spool string) (*harness.Trials, error) {
	p := m.Begin("compare")
	p.Found.Servers, p.Found.What = versions, m.What()+harness.WindowWords(m.window)
	taking, err := m.take(ctx, p, own, named)
	if err != nil {
		return nil, err
	}
	if err := m.checkBaseline(taking); err != nil {
		return nil, err
	}
	p.Found.RatioOf = harness.ComparedWith(m.base)
	for _, server := range hosts {
		for _, who := range taking {
			t := harness.NewTrial(who.Name(), server, who, m.Line(), harness.VisitTo(m.Box, tasks.CopyNew()))
			t.Spool = spool
			if len(hosts) > 1 {
				t.Label += " from " + server.Name
			}
			p.Trials = append(p.Trials, t)
		}
	}
	p.Watched(p.Trials...)
	if err := p.Limit(ctx, clients.BareTCP()); err != nil {
		return nil, err
	}
	p.Found.Notes = append(p.Found.Notes,
		"Every message of every run was compared with what was served, but for what a client is known to change.",
		"Ratios compare clients that do not all do the same: ours keeps every octet, an index and the headers of the mailbox, and syncs "+
			"a batch; what a power failure loses is fetched again. See what each syncs.")
	m.durability(ctx, p, hosts[0])
	return p, nil
}

// take asks every client for its version. A third-party client that is not installed is left out,
// or is an error when the user named it.
func (m *compare) take(ctx context.Context, p *harness.Trials, own []clients.Client, named bool) ([]clients.Client, error) {
	wanted := []clients.Client{&clients.Ours{Program: m.MTM, Window: m.window}}
	others := m.clients
	if !named {
		others = clients.PeerNames()
	}
	for _, name := range others {
		if m.TLS != string(account.NoTLS) && !clients.Peers()[name].Encrypts(peer.TLS(m.TLS)) {
			p.Found.Notes = append(p.Found.Notes, fmt.Sprintf("%s was left out: it cannot protect its line with --tls %s.", name, m.TLS))
			continue
		}
		wanted = append(wanted, &clients.Theirs{Title: name})
	}
	wanted = append(wanted, own...)
	wanted = append(wanted, clients.BarePOP3())
	var taken []clients.Client
	for _, who := range wanted {
		switch err := p.Participate(ctx, who); {
		case err != nil && !named && clients.Missing(err) && who.Name() != clients.MTM:
			p.Found.Notes = append(p.Found.Notes, fmt.Sprintf("%s was left out: %v.", who.Name(), err))
		case err != nil:
			return nil, err
		default:
			taken = append(taken, who)
		}
	}
	return taken, nil
}

// checkBaseline returns an error for a baseline that is not among the clients.
func (m *compare) checkBaseline(taking []clients.Client) error {
	var names []string
	for _, who := range taking {
		names = append(names, who.Name())
	}
	if !slices.Contains(names, m.base) {
		return cli.Usage("--baseline takes one of %s, not %q", strings.Join(names, ", "), m.base)
	}
	return nil
}

// durability adds one run of each client under strace, which is not measured. Where strace cannot
// be used, it adds the known figures.
func (m *compare) durability(ctx context.Context, p *harness.Trials, server servers.Spec) {
	why := "it was not traced"
	if err := clients.CanTrace(ctx); err != nil {
		why = err.Error()
	} else {
		for _, t := range p.Trials {
			if t.Server.Name == server.Name || t.Server.Name == servers.Limit {
				t.Syncs = true
				p.Extra = append(p.Extra, t)
			}
		}
	}
	for i := range p.Found.Clients {
		p.Found.Clients[i].Durability = clients.KnownSyncs(p.Found.Clients[i].Name, why)
	}
}
