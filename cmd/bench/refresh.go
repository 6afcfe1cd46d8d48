package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
)

// refresh measures fetching the headers of a whole mailbox, and of doing so again.
type refresh struct {
	harness.Setup
	window   int
	oneByOne int // number of messages in the mailbox that is refreshed without pipelining, 0 to leave it out
}

// RefreshMode returns the mode that runs it.
func RefreshMode() harness.Mode { return harness.Mode{Command: newRefresh()} }

func newRefresh() *cobra.Command {
	var r refresh
	c := &cobra.Command{
		Use:   "refresh",
		Short: "Fetch the headers of a large mailbox, then again with nothing new, and with 1 % new",
		Long: `Refresh fetches the headers of a mailbox with our MTM, over a line on which half of a round trip is added in each
direction; then twice with nothing new in it, and a fourth time when one message in a hundred is new. It measures the whole
client process from its start to its end, four times. A refresh that requests a header that it has ends the bench with an
error.

The same runs with a server that does not offer PIPELINING. There every header takes a round trip, so that mailbox is
smaller, and headers per second are compared. A bare listing sends STAT, LIST and UIDL, as a refresh with nothing new does,
and discards the replies: what such a refresh costs more in CPU time is its cost beyond the wire. A --target has its own
capabilities, and nothing can be new in it: it is refreshed three times.`,
		Example: `  bench refresh
  bench refresh --messages 10000 --one-by-one-messages 1000 --rtt 20ms --runs 3
  bench refresh --mtm bin/mtm --out results
  bench refresh --target 127.0.0.1:1110`,
	}
	r.AddFlags(c, 100_000, 2<<10, 5, time.Millisecond)
	f := c.Flags()
	r.AddClientFlag(f)
	f.IntVar(&r.oneByOne, "one-by-one-messages", 10_000, "number of messages in the mailbox that is refreshed without pipelining; 0 = leave this out")
	harness.WindowFlag(f, &r.window)
	r.AddServerFlags(f)
	r.AddKeepFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := r.Setup.Validate(f); err != nil {
			return err
		}
		if err := harness.CheckWindow(r.window); err != nil {
			return err
		}
		if r.oneByOne < 0 || r.oneByOne > workload.MostMessages {
			return cli.Usage("--one-by-one-messages takes 0 to %d, not %d", workload.MostMessages, r.oneByOne)
		}
		return r.WithSpool(c.Context(), c.ErrOrStderr(), 1, func(spool string) error {
			p, err := r.plan(c.Context(), spool)
			if err != nil {
				return err
			}
			return p.Run(c)
		})
	}
	return c
}

// Names of the two ways to refresh, and of the visits.
const (
	pipelined = "pipelined"
	singly    = "one-by-one"

	firstVisit = "first"
	nothingNew = "nothing new"
	stillNone  = "still nothing new" // the second visit in a row without new messages
	someNew    = "1 % new"
)

// refreshes returns the visits: four, or three of a mailbox in which there cannot be new messages.
func refreshes(box workload.Mailbox, grows bool) []harness.VisitSpec {
	again := &tasks.Headers{Before: box.Messages}
	visits := []harness.VisitSpec{harness.NamedVisit(firstVisit, box, new(tasks.Headers)), harness.NamedVisit(nothingNew, box, again), harness.NamedVisit(stillNone, box, again)}
	if grows {
		box.Messages += max(1, box.Messages/100)
		visits = append(visits, harness.NamedVisit(someNew, box, again))
	}
	return visits
}

func (r *refresh) plan(ctx context.Context, spool string) (*harness.Trials, error) {
	p := r.Begin("refresh")
	ours := &clients.Ours{Program: r.MTM, Window: r.window}
	if err := p.Participate(ctx, ours); err != nil {
		return nil, err
	}
	server, err := r.Server()
	if err != nil {
		return nil, err
	}
	t := harness.NewTrial(pipelined, server, ours, r.Line(), refreshes(r.Box, r.Target == "")...)
	t.Spool = spool
	p.Found.What = "headers of " + r.What() + harness.WindowWords(r.window)
	if r.Target != "" {
		t.Label = clients.MTM
	} else {
		t.Server.Name = pipelined
	}
	p.Trials = []harness.Trial{t}
	if r.oneByOne > 0 && r.Target == "" && r.Pop3sim == "" {
		small := r.Box
		small.Messages = r.oneByOne
		t.Label, t.Visits = singly, refreshes(small, true)
		t.Server.Name, t.Server.Without = singly, []string{"PIPELINING"}
		p.Trials = append(p.Trials, t)
		p.Found.What += ", one by one of " + numbers.Grouped(float64(r.oneByOne))
	}
	p.Watched(p.Trials...)
	if r.Target == "" {
		bare := harness.NewTrial(clients.ListingName, p.Trials[0].Server, new(clients.Lister), r.Line(), refreshes(r.Box, false)[1:2]...)
		bare.Server.Name = clients.ListingName
		p.Trials = append(p.Trials, bare)
		if err := p.Participate(ctx, bare.Client.Value); err != nil {
			return nil, err
		}
		p.Then = func() { beyondWire(p.Found) }
	}
	p.Found.Notes = append(p.Found.Notes, "Every header of every run was compared with what was served. A visit's peak memory is that of all visits so far.")
	return p, nil
}

// beyondWire adds to the results how much CPU time a known message costs our client beyond reading
// the listings: in each round, the time of the refresh without new messages minus that of the bare
// listing.
func beyondWire(r *report.Results) {
	wire := map[int]float64{}
	for i := range r.Trials {
		if m := &r.Trials[i]; m.Client == clients.ListingName {
			wire[m.Round] = m.Spent.CPU / float64(m.Messages)
		}
	}
	beyond := map[string][]float64{}
	for i := range r.Trials {
		m := &r.Trials[i]
		if bare, ok := wire[m.Round]; ok && m.Server == pipelined && m.Spent.CPU > 0 {
			beyond[m.Visit] = append(beyond[m.Visit], m.Spent.CPU/float64(m.Messages)-bare)
		}
	}
	if len(beyond[nothingNew]) == 0 || len(beyond[stillNone]) == 0 {
		return
	}
	second, later := numbers.SpreadOf(beyond[nothingNew]), numbers.SpreadOf(beyond[stillNone])
	r.Beyond, r.BeyondLater = &second, &later
	text := func(s numbers.Spread) string {
		return fmt.Sprintf("%s us of CPU (%s to %s)", numbers.Short(s.Median*1e6), numbers.Short(s.Least*1e6), numbers.Short(s.Most*1e6))
	}
	r.Notes = append(r.Notes, fmt.Sprintf("Beyond the wire a known message costs our client %s in the visit after it was new, "+
		"and %s in later ones: that is what a refresh with nothing new takes more than a bare listing.", text(second), text(later)))
}
