package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// serversBench is the benchmark of how fast servers give away mail.
type serversBench struct {
	setup
	window  int
	from    []string
	servers []string
}

// The clients of this benchmark. All throw away what comes, but for its sum.
const (
	manyInFlight = "pipelined"
	oneInFlight  = "one at a time"
	thrownAway   = "bare sender"
)

// serversName is the benchmark's.
const serversName = "servers"

func newServers() *cobra.Command {
	var s serversBench
	c := &cobra.Command{
		Use:   serversName,
		Short: "How fast servers give away mail: the simulator, Dovecot, any other, beside a bare sender",
		Long: `Servers measures a server, not a client: how fast it answers RETR for every message of a mailbox, many in flight and one
at a time. The simulator serves the mailbox as it is made up, from .eml files and from an mbox; Dovecot, where it is installed,
serves the same messages from its mdbox. Beside them the same octets come from a bare sender, without a protocol.

The client costs as little as can be: it throws away what comes but for a CRC-32C, which is compared with that of what was to be
served. The time is the client's own, from the first RETR to the last octet of the last message: what a login costs is shown by
'bench sessions', and how soon a server is there by 'bench start'.`,
		Example: `  bench servers
  bench servers --messages 50000 --from synthetic --out results
  bench servers --server pop3sim --pop3sim bin/pop3sim --synthetic 10000,mix=mail
  bench servers --target 127.0.0.1:1110 --user ada --password-env SECRET`,
	}
	s.addFlags(c, 10_000, 8<<10, 5, 0)
	f := c.Flags()
	f.IntVar(&s.window, "window", bareWindow, "commands in flight of the pipelined client")
	f.StringSliceVar(&s.from, "from", []string{madeUp, "eml", "mbox"}, "where the simulator has the mail from: "+strings.Join(mailForms(), ", "))
	f.StringSliceVar(&s.servers, "server", []string{simulatorName, dovecotName}, "servers: pop3sim, dovecot; without the flag those that are installed")
	s.addServerFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := s.setup.validate(f); err != nil {
			return err
		}
		if !f.Changed("server") && s.target != "" {
			s.servers = []string{simulatorName}
		}
		if err := s.validate(); err != nil {
			return err
		}
		s.leaveOut = !f.Changed("server")
		return s.withServers(c.Context(), s.servers, 1, func(servers []serverSpec, versions []participant) error {
			return s.withFiles(c.Context(), c.ErrOrStderr(), s.forms(), func(files []mailFiles) error {
				return s.withSpool(c.Context(), c.ErrOrStderr(), 1, func(spool string) error {
					p, err := s.plan(c.Context(), servers, versions, files, spool)
					if err != nil {
						return err
					}
					return p.run(c)
				})
			})
		})
	}
	return c
}

func (s *serversBench) validate() error {
	if s.window < 2 || s.window > mostWindow {
		return cli.Usage("--window takes 2 to %d, not %d", mostWindow, s.window)
	}
	for i, form := range s.from {
		if !slices.Contains(mailForms(), form) {
			return cli.Usage("--from knows %s, not %q", strings.Join(mailForms(), ", "), form)
		}
		if slices.Contains(s.from[:i], form) {
			return cli.Usage("--from names %s twice", form)
		}
	}
	if len(s.from) == 0 {
		return cli.Usage("--from is empty")
	}
	if s.target == "" {
		const copies = 4 // as files, as an mbox, and for the others as a Maildir that becomes an mdbox
		if err := checkSpace(s.dir, copies*s.box.total()); err != nil {
			return err
		}
	}
	return checkServers(s.servers, []string{simulatorName, dovecotName}, s.target)
}

// forms are those for which files have to be made.
func (s *serversBench) forms() []string {
	if s.target != "" || !slices.Contains(s.servers, simulatorName) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.from), func(form string) bool { return form == madeUp })
}

// plan is a trial for each client at each server, and the bare sender once a round.
func (s *serversBench) plan(ctx context.Context, servers []serverSpec, versions []participant, files []mailFiles, spool string) (*plan, error) {
	p := s.begin(serversName)
	p.found.What = s.what() + fmt.Sprintf(", %d in flight", s.window)
	p.found.Servers, p.found.ratioOf = versions, servesFaster
	var all []serverSpec
	for _, server := range servers {
		if server.Name != simulatorName || slices.Contains(s.from, madeUp) {
			all = append(all, server)
		}
		if server.Name == simulatorName {
			for _, f := range files {
				server.Name, server.Files = fmt.Sprintf("%s (%s)", simulatorName, f.Form), f
				all = append(all, server)
			}
		}
	}
	for _, client := range []string{manyInFlight, oneInFlight} {
		if err := p.participate(ctx, clientSpec{Name: client}); err != nil {
			return nil, err
		}
		for _, server := range all {
			p.trials = append(p.trials, trial{
				Label: client + " from " + server.Name, Server: server, Client: clientSpec{Name: client}, Line: s.line(), Accounts: 1, Spool: spool,
				Visits: []visitSpec{{Mailbox: s.box, Job: job{Mode: copyMail, Which: newOnes, Window: s.window}}},
			})
		}
	}
	p.watched(p.trials...)
	if err := s.limit(ctx, p, thrownAway); err != nil {
		return nil, err
	}
	p.found.Notes = append(p.found.Notes,
		"The mail of every run was compared with what was to be served, by its CRC-32C. Rates are from the first RETR to the last octet; "+
			"CPU time and memory are those of whole processes, their start and the login included.")
	return p, nil
}

// servesFaster says whether a ratio of a to b means something: ours with those of others for the same client, and with the
// bare sender.
func servesFaster(a, b, _ kind) bool {
	ours := func(k kind) bool { return strings.HasPrefix(k.server, simulatorName) }
	if !ours(a) || ours(b) {
		return false
	}
	return a.client == b.client || b.server == limitName && a.client == manyInFlight
}
