package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
)

// retrieve measures fetching a mailbox with our MTM.
type retrieve struct {
	harness.Setup
	mode     string
	choice   tasks.Choice
	lines    int
	window   int
	accounts int
}

// RetrieveMode returns the mode that runs it.
func RetrieveMode() harness.Mode { return harness.Mode{Command: newRetrieve()} }

// The values of --mode.
const (
	copyMail = "copy"
	moveMail = "move"
	headers  = "headers"
	topLines = "top"
)

func retrieveModes() []string { return []string{copyMail, moveMail, headers, topLines} }

// task returns the task that the flags describe, the task in words, and the part of each message
// that is compared.
func (r *retrieve) task() (task tasks.Task, words, compared string) {
	switch r.mode {
	case moveMail:
		return &tasks.Copying{Choice: r.choice, Move: true}, ", moved" + r.choice.Words(), "message"
	case headers:
		return new(tasks.Headers), ", headers only", "header"
	case topLines:
		return &tasks.Tops{Choice: r.choice, Lines: r.lines}, fmt.Sprintf(", headers and %s of each", numbers.Count(r.lines, "line")) + r.choice.Words(), "header"
	}
	return &tasks.Copying{Choice: r.choice}, r.choice.Words(), "message"
}

const mostLines = 1_000_000

func newRetrieve() *cobra.Command {
	var r retrieve
	c := &cobra.Command{
		Use:   "retrieve",
		Short: "Fetch a large mailbox with our MTM",
		Long: `Retrieve fetches a mailbox with our MTM into its message store: a synthetic one of a simulated server, or that of any
server with --target. Each run has a new server process and a new directory, and measures the whole client process from its
start to its end. Then every message is compared with what was served; results with wrong mail are
discarded.

The table shows the least, the median and the largest of all runs. With --out or --html one more run goes over a line
that is watched, for throughput over time and the latency of each message only.
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
	r.AddFlags(c, 10_000, 8<<10, 5, 0)
	f := c.Flags()
	f.StringVar(&r.mode, "mode", copyMail, "what the client does: copy, move, headers (refresh only) or top (the first lines of each message)")
	f.StringVar(&r.choice.Which, "which", tasks.NewOnes, "which messages it fetches: new, all or selection")
	f.IntVar(&r.lines, "lines", 10, "with --mode top, the number of body lines to fetch")
	f.IntVar(&r.choice.Every, "every", 10, "with --which selection, fetch every N-th message")
	harness.WindowFlag(f, &r.window)
	r.AddClientFlag(f)
	f.IntVar(&r.accounts, "accounts", 1, "number of mailboxes to fetch at the same time, each by a client process of its own; {n} in --user is its number")
	r.AddServerFlags(f)
	r.AddKeepFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := r.Setup.Validate(f); err != nil {
			return err
		}
		if err := r.validate(); err != nil {
			return err
		}
		return r.WithSpool(c.Context(), c.ErrOrStderr(), r.accounts, func(spool string) error {
			p, err := r.plan(c.Context(), spool)
			if err != nil {
				return err
			}
			return p.Run(c)
		})
	}
	return c
}

func (r *retrieve) validate() error {
	switch {
	case !slices.Contains(retrieveModes(), r.mode):
		return cli.Usage("--mode takes %s, not %q", strings.Join(retrieveModes(), ", "), r.mode)
	case !slices.Contains(tasks.Whiches(), r.choice.Which):
		return cli.Usage("--which takes %s, not %q", strings.Join(tasks.Whiches(), ", "), r.choice.Which)
	case r.mode == headers && r.choice.Which != tasks.NewOnes:
		return cli.Usage("--mode headers refreshes the whole mailbox: leave out --which %s", r.choice.Which)
	case r.lines < 0 || r.lines > mostLines:
		return cli.Usage("--lines takes 0 to %d, not %d", mostLines, r.lines)
	case r.choice.Every < 1 || r.choice.Every > workload.MostMessages:
		return cli.Usage("--every takes 1 to %d, not %d", workload.MostMessages, r.choice.Every)
	case r.mode == moveMail && r.Target != "":
		return cli.Usage("--mode move would delete the mail of --target, so that the next run had nothing to fetch: use --mode copy")
	case r.choice.Which == tasks.Selected && r.MTM != "":
		return cli.Usage("--which selection works with the client built into the bench, not with --mtm")
	case r.accounts < 1 || r.accounts > harness.MostAccounts:
		return cli.Usage("--accounts takes 1 to %d, not %d", harness.MostAccounts, r.accounts)
	}
	return harness.CheckWindow(r.window)
}

// plan returns the trial of a round, and an extra one on a watched line when the results have
// plots.
func (r *retrieve) plan(ctx context.Context, spool string) (*harness.Trials, error) {
	p := r.Begin("retrieve")
	server, err := r.Server()
	if err != nil {
		return nil, err
	}
	ours := &clients.Ours{Program: r.MTM, Window: r.window}
	if err := p.Participate(ctx, ours); err != nil {
		return nil, err
	}
	task, words, compared := r.task()
	t := harness.NewTrial(clients.MTM, server, ours, r.Line(), harness.VisitTo(r.Box, task))
	t.Accounts, t.Spool = r.accounts, spool
	p.Found.Accounts, p.Found.What = r.accounts, r.What()+words+harness.WindowWords(r.window)
	p.Found.Notes = append(p.Found.Notes, fmt.Sprintf("Every %s of every run was compared with what was served.", compared))
	p.Trials = []harness.Trial{t}
	p.Watched(p.Trials...)
	return p, nil
}
