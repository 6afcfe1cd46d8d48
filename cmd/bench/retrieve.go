package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// retrieve is the benchmark of fetching a mailbox with our MTM.
type retrieve struct {
	setup
	job
	accounts int
}

func newRetrieve() *cobra.Command {
	var r retrieve
	c := &cobra.Command{
		Use:   "retrieve",
		Short: "Fetches a large mailbox with our MTM",
		Long: `Retrieve fetches a mailbox with our MTM into its message store: a synthetic one of a simulated server, or that of any
server with --target. Each run has a new server process and a new folder, and what is measured is the whole client
process from its start to its end. Then every message is compared with what was served, and a figure of mail that does
not compare is refused.

The table shows the least, the median and the largest of all runs. With --out or --html one more run goes over a line
that is watched: it gives throughput over time and the latency of each message, and no other figure.
'bench compare' sets other programs beside it.`,
		Example: `  bench retrieve
  bench retrieve --messages 100000 --size 2KiB --html retrieve.html
  bench retrieve --synthetic 20000,size=lognormal:8KiB:1.5,mix=mail
  bench retrieve --mode move --rtt 20ms --bandwidth 10MB
  bench retrieve --mode top --lines 20 --which selection --every 10
  bench retrieve --accounts 8 --tls stls
  bench retrieve --target mail.example.org:995 --tls implicit --user ada --password-env SECRET
  bench retrieve --format benchfmt >new.txt && benchstat new.txt`,
	}
	r.addFlags(c, 10_000, 8<<10, 5, 0)
	r.job.flags(c)
	f := c.Flags()
	r.addClientFlag(f)
	f.IntVar(&r.accounts, "accounts", 1, "mailboxes that are fetched at once, by a client process each; {n} in --user is the number")
	r.addServerFlags(f)
	r.addKeepFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := r.setup.validate(f); err != nil {
			return err
		}
		if err := r.job.validate(&r.setup); err != nil {
			return err
		}
		if r.accounts < 1 || r.accounts > mostAccounts {
			return cli.Usage("--accounts takes 1 to %d, not %d", mostAccounts, r.accounts)
		}
		return r.withSpool(c.Context(), c.ErrOrStderr(), r.accounts, func(spool string) error {
			p, err := r.plan(c.Context(), spool)
			if err != nil {
				return err
			}
			return p.run(c)
		})
	}
	return c
}

// plan is one trial a round, and one more on a watched line when somebody will look at plots.
func (r *retrieve) plan(ctx context.Context, spool string) (*plan, error) {
	p := r.begin("retrieve")
	server, err := r.server()
	if err != nil {
		return nil, err
	}
	if err := p.participate(ctx, clientSpec{Name: oursName, Program: r.mtm}); err != nil {
		return nil, err
	}
	t := trial{
		Label: oursName, Server: server, Client: clientSpec{Name: oursName, Program: r.mtm}, Line: r.line(),
		Accounts: r.accounts, Spool: spool, Visits: []visitSpec{{Mailbox: r.box, Job: r.job}},
	}
	p.found.Accounts, p.found.What = r.accounts, r.what()+r.purpose()
	if r.Mode == headers || r.Mode == topLines {
		p.found.Notes = append(p.found.Notes, "Every header of every run was compared with what was served.")
	} else {
		p.found.Notes = append(p.found.Notes, "Every message of every run was compared with what was served.")
	}
	p.trials = []trial{t}
	p.watched(p.trials...)
	return p, nil
}

// what is the mailbox in words.
func (s *setup) what() string {
	if s.target != "" {
		return "the mailbox of " + s.user + " at " + s.target
	}
	if s.box.Synthetic != "" {
		return fmt.Sprintf("%s (%s)", count(s.box.Messages, "message"), s.box.mail())
	}
	return fmt.Sprintf("%s of %s", count(s.box.Messages, "message"), s.box.Size)
}

// purpose is the job in words, "" for the usual one.
func (j *job) purpose() string {
	text := ""
	switch j.Mode {
	case moveMail:
		text = ", moved"
	case headers:
		text = ", headers only"
	case topLines:
		text = fmt.Sprintf(", headers and %s of each", count(j.Lines, "line"))
	}
	if j.Which == selection {
		text += fmt.Sprintf(", every %dth", j.Every)
	}
	return text + j.window()
}

// watched adds one run of each trial on a line that is watched, when the results will have plots.
func (p *plan) watched(trials ...trial) {
	if !p.setup.plots() {
		return
	}
	for _, t := range trials {
		if t.Server.Name == limitName {
			continue // it does not speak POP3
		}
		if t.encrypted() {
			p.found.Notes = append(p.found.Notes, "With TLS the line cannot be watched: throughput over time and latencies were not measured.")
			return
		}
		t.Trace = true
		p.extra = append(p.extra, t)
	}
}

// withSpool fetches the mailbox of a target to compare with, for as long as f runs; spool is "" without a target. All
// of several accounts have to hold the same mail.
func (s *setup) withSpool(ctx context.Context, stderr io.Writer, accounts int, f func(spool string) error) (err error) {
	if s.target == "" {
		return f("")
	}
	l, err := s.targetAddress()
	if err != nil {
		return err
	}
	dir, err := makeFolder(s.dir)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left of a copy harms nobody
	spool := filepath.Join(dir, "served")
	if err = fillSpool(ctx, spool, l.numbered(0, accounts), stderr); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("--target %s, before anything is measured: %w", s.target, err)
	}
	served, err := openSpool(spool)
	if err != nil {
		return err
	}
	if err := checkSpace(s.dir, 2*served.octets*int64(accounts)); err != nil {
		return err
	}
	s.box = mailbox{Messages: served.Len()}
	return f(spool)
}

// participate asks a client for its version, so that a missing one is known before anything is measured.
func (p *plan) participate(ctx context.Context, spec clientSpec) error {
	who, err := spec.make(&trial{Client: spec, Visits: []visitSpec{{}}})
	if err != nil {
		return err
	}
	version, err := who.version(ctx)
	if err != nil {
		return err
	}
	one := participant{Name: spec.Name, Version: version}
	if t, ok := who.(theirs); ok {
		one.Alters = t.Alters()
		if spec.Command == "" {
			one.Version, _, _ = strings.Cut(version, " (") // what curl is made of fills a screen
		}
	}
	p.found.Clients = append(p.found.Clients, one)
	return nil
}
