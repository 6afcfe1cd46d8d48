package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// refresh is the benchmark of fetching the headers of a whole mailbox, and of doing so again.
type refresh struct {
	setup
	job
	oneByOne int // messages of the mailbox that is refreshed without pipelining, 0 = none
}

func newRefresh() *cobra.Command {
	var r refresh
	c := &cobra.Command{
		Use:   "refresh",
		Short: "Fetches the headers of a large mailbox, then again with nothing new, and with 1 % new",
		Long: `Refresh fetches the headers of a mailbox with our MTM, over a line on which half of a round trip is added in each
direction; then twice with nothing new in it, and a fourth time when one message in a hundred is new. What is measured is
the whole client process from its start to its end, four times. A refresh that asks for a header it has ends the bench.

The same is done with a server that does not offer PIPELINING. There every header takes a round trip, so that mailbox is
smaller, and headers per second are compared. A bare listing asks STAT, LIST and UIDL, as a refresh with nothing new does, and
makes nothing of the answers: what such a refresh costs more in CPU time is its cost beyond the wire. A --target has its own capabilities, and nothing can be new in it: it is
refreshed three times.`,
		Example: `  bench refresh
  bench refresh --messages 10000 --one-by-one-messages 1000 --rtt 20ms --runs 3
  bench refresh --mtm bin/mtm --out results
  bench refresh --target 127.0.0.1:1110`,
	}
	r.addFlags(c, 100_000, 2<<10, 5, time.Millisecond)
	f := c.Flags()
	r.addClientFlag(f)
	f.IntVar(&r.oneByOne, "one-by-one-messages", 10_000, "messages in the mailbox that is refreshed without pipelining; 0 leaves it out")
	r.windowFlag(c)
	r.addServerFlags(f)
	r.addKeepFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		r.Mode, r.Which = headers, newOnes
		if err := r.setup.validate(f); err != nil {
			return err
		}
		if err := r.validateWindow(); err != nil {
			return err
		}
		if r.oneByOne < 0 || r.oneByOne > mostMessages {
			return cli.Usage("--one-by-one-messages takes 0 to %d, not %d", mostMessages, r.oneByOne)
		}
		return r.withSpool(c.Context(), c.ErrOrStderr(), 1, func(spool string) error {
			p, err := r.plan(c.Context(), spool)
			if err != nil {
				return err
			}
			return p.run(c)
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
	stillNone  = "still nothing new" // nor was there anything new in the visit before
	someNew    = "1 % new"
)

// refreshes are four visits of a mailbox, or three where nothing can be new.
func (j job) refreshes(box mailbox, grows bool) []visitSpec {
	again := j
	again.Before = box.Messages
	visits := []visitSpec{{firstVisit, box, j}, {nothingNew, box, again}, {stillNone, box, again}}
	if grows {
		box.Messages += max(1, box.Messages/100)
		visits = append(visits, visitSpec{someNew, box, again})
	}
	return visits
}

func (r *refresh) plan(ctx context.Context, spool string) (*plan, error) {
	p := r.begin("refresh")
	ours := clientSpec{Name: oursName, Program: r.mtm}
	if err := p.participate(ctx, ours); err != nil {
		return nil, err
	}
	server, err := r.server()
	if err != nil {
		return nil, err
	}
	t := trial{
		Label: pipelined, Server: server, Client: ours, Line: r.line(), Accounts: 1, Spool: spool,
		Visits: r.refreshes(r.box, r.target == ""),
	}
	p.found.What = "headers of " + r.what() + r.job.window()
	if r.target != "" {
		t.Label = oursName
	} else {
		t.Server.Name = pipelined
	}
	p.trials = []trial{t}
	if r.oneByOne > 0 && r.target == "" && r.pop3sim == "" {
		small := r.box
		small.Messages = r.oneByOne
		t.Label, t.Visits = singly, r.refreshes(small, true)
		t.Server.Name, t.Server.Without = singly, []string{"PIPELINING"}
		p.trials = append(p.trials, t)
		p.found.What += ", one by one of " + grouped(float64(r.oneByOne))
	}
	p.watched(p.trials...)
	if r.target == "" {
		bare := trial{Label: bareListing, Server: p.trials[0].Server, Client: clientSpec{Name: bareListing}, Line: r.line(), Accounts: 1}
		bare.Server.Name, bare.Visits = bareListing, r.refreshes(r.box, false)[1:2]
		p.trials = append(p.trials, bare)
		if err := p.participate(ctx, bare.Client); err != nil {
			return nil, err
		}
		p.conclude = p.found.beyondWire
	}
	p.found.Notes = append(p.found.Notes, "Every header of every run was compared with what was served. A visit's peak memory is that of all visits so far.")
	return p, nil
}

// beyondWire is what a message that is there already costs our client in CPU time beyond what it costs to read that it is
// there: in each round the refresh with nothing new, less the bare listing.
func (r *results) beyondWire() {
	wire := map[int]float64{}
	for i := range r.Trials {
		if m := &r.Trials[i]; m.Client == bareListing {
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
	second, later := spreadOf(beyond[nothingNew]), spreadOf(beyond[stillNone])
	r.Beyond, r.BeyondLater = &second, &later
	text := func(s spread) string {
		return fmt.Sprintf("%s us of CPU (%s to %s)", short(s.Median*1e6), short(s.Least*1e6), short(s.Most*1e6))
	}
	r.Notes = append(r.Notes, fmt.Sprintf("Beyond the wire a message that is there already costs our client %s when it was new the last time, "+
		"and %s from then on: that is what a refresh with nothing new takes more than a bare listing.", text(second), text(later)))
}

// window is the window in words, "" for the usual one.
func (j *job) window() string {
	if j.Window == 0 {
		return ""
	}
	return fmt.Sprintf(", window %d", j.Window)
}
