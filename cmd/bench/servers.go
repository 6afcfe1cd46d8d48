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
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
)

// serversBench measures how fast servers send mail.
type serversBench struct {
	harness.Setup
	window  int
	from    []string
	servers []string
}

// ServersMode returns the mode that runs it.
func ServersMode() harness.Mode { return harness.Mode{Command: newServers()} }

// Names of the clients of this benchmark, which keep only the checksum of the mail.
const (
	manyInFlight = "pipelined"
	oneInFlight  = "one at a time"
	thrownAway   = "bare sender"
)

// serversName is the name of the benchmark.
const serversName = "servers"

func newServers() *cobra.Command {
	var s serversBench
	c := &cobra.Command{
		Use:   serversName,
		Short: "Measure how fast servers send mail: the simulator, Dovecot or any other, compared with a bare sender",
		Long: `Servers measures a server, not a client: how fast it answers RETR for every message of a mailbox, many in flight and one
at a time. The simulator serves the mailbox in three forms: generated, from .eml files and from an mbox. Dovecot, where it is
installed, serves the same messages from its mdbox. A bare sender sends the same octets without a protocol; with --tls
it uses TLS too.

The client costs as little as possible: it discards the mail and keeps a CRC-32C, which is compared with that of the mailbox.
The client measures the time, from the first RETR to the last octet of the last message: 'bench sessions' shows the cost of a
login, and 'bench start' how soon a server answers.`,
		Example: `  bench servers
  bench servers --messages 50000 --from synthetic --out results
  bench servers --server pop3sim --pop3sim bin/pop3sim --synthetic 10000,mix=mail
  bench servers --target 127.0.0.1:1110 --user ada --password-env SECRET`,
	}
	s.AddFlags(c, 10_000, 8<<10, 5, 0)
	f := c.Flags()
	f.IntVar(&s.window, "window", clients.UsualWindow, "number of commands that the pipelined client has in flight")
	f.StringSliceVar(&s.from, "from", []string{workload.Synthetic, "eml", "mbox"}, "in which forms the simulator has the mail: "+strings.Join(workload.Forms(), ", "))
	f.StringSliceVar(&s.servers, "server", []string{servers.Simulator, servers.DovecotName}, "servers: pop3sim, dovecot; one that is not installed is left out unless it is named")
	s.AddServerFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := s.Setup.Validate(f); err != nil {
			return err
		}
		if !f.Changed("server") && s.Target != "" {
			s.servers = []string{servers.Simulator}
		}
		if err := s.validate(); err != nil {
			return err
		}
		s.LeaveOut = !f.Changed("server")
		return s.WithServers(c.Context(), s.servers, 1, func(hosts []servers.Spec, versions []report.Participant) error {
			return s.WithFiles(c.Context(), c.ErrOrStderr(), s.forms(), func(files []workload.Files) error {
				return s.WithSpool(c.Context(), c.ErrOrStderr(), 1, func(spool string) error {
					p, err := s.plan(c.Context(), hosts, versions, files, spool)
					if err != nil {
						return err
					}
					return p.Run(c)
				})
			})
		})
	}
	return c
}

func (s *serversBench) validate() error {
	if s.window < 2 || s.window > harness.MostWindow {
		return cli.Usage("--window takes 2 to %d, not %d", harness.MostWindow, s.window)
	}
	for i, form := range s.from {
		if !slices.Contains(workload.Forms(), form) {
			return cli.Usage("--from takes %s, not %q", strings.Join(workload.Forms(), ", "), form)
		}
		if slices.Contains(s.from[:i], form) {
			return cli.Usage("--from has %s twice", form)
		}
	}
	if len(s.from) == 0 {
		return cli.Usage("--from is empty: it takes one or more of %s", strings.Join(workload.Forms(), ", "))
	}
	if s.Target == "" {
		const copies = 4 // files, an mbox, and for third-party servers a Maildir and an mdbox
		if err := workload.CheckSpace(s.Dir, copies*s.Box.Total()); err != nil {
			return err
		}
	}
	return servers.CheckNames(s.servers, []string{servers.Simulator, servers.DovecotName}, s.Target)
}

// forms returns the forms of mail for which files must be written.
func (s *serversBench) forms() []string {
	if s.Target != "" || !slices.Contains(s.servers, servers.Simulator) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.from), func(form string) bool { return form == workload.Synthetic })
}

// plan returns a trial for each client at each server, and the bare sender once a round.
func (s *serversBench) plan(ctx context.Context, hosts []servers.Spec, versions []report.Participant, files []workload.Files, spool string) (*harness.Trials, error) {
	p := s.Begin(serversName)
	p.Found.What = s.What() + fmt.Sprintf(", %d in flight", s.window)
	p.Found.Servers, p.Found.RatioOf = versions, servesFaster
	p.Found.Clock = "The time is from the first RETR to the last octet of the last message."
	var all []servers.Spec
	for _, server := range hosts {
		if server.Name != servers.Simulator || slices.Contains(s.from, workload.Synthetic) {
			all = append(all, server)
		}
		if server.Name == servers.Simulator {
			for _, f := range files {
				server.Name, server.Files = fmt.Sprintf("%s (%s)", servers.Simulator, f.Form), f
				all = append(all, server)
			}
		}
	}
	for _, client := range []*clients.Bare{{Title: manyInFlight, Window: s.window, Sum: true}, {Title: oneInFlight, Window: 1, Sum: true}} {
		if err := p.Participate(ctx, client); err != nil {
			return nil, err
		}
		for _, server := range all {
			t := harness.NewTrial(client.Title+" from "+server.Name, server, client, s.Line(), harness.VisitTo(s.Box, tasks.CopyNew()))
			t.Spool = spool
			p.Trials = append(p.Trials, t)
		}
	}
	p.Watched(p.Trials...)
	if err := p.Limit(ctx, &clients.Bare{Title: thrownAway, Receive: true, Sum: true}); err != nil {
		return nil, err
	}
	p.Found.Notes = append(p.Found.Notes,
		"The mail of every run was compared with the mailbox, by its CRC-32C. Rates are from the first RETR to the last octet; "+
			"CPU time and memory are those of whole processes, including their start and the login.")
	return p, nil
}

// servesFaster reports whether the ratio of a to b is shown: our servers are compared with the
// others for the same client, and with the bare sender.
func servesFaster(a, b, _ report.Kind) bool {
	ours := func(k report.Kind) bool { return strings.HasPrefix(k.Server, servers.Simulator) }
	if !ours(a) || ours(b) {
		return false
	}
	return a.Client == b.Client || b.Server == servers.Limit && a.Client == manyInFlight
}
