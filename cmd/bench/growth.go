package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// growth is the benchmark of what a message costs in mailboxes of different sizes.
type growth struct {
	setup
	from int
}

const (
	leastGrowth = 10
	mostGrowth  = 1_000_000
)

func newGrowth() *cobra.Command {
	var g growth
	c := &cobra.Command{
		Use:   "growth",
		Short: "What a message costs, from small mailboxes to large ones",
		Long: `Growth retrieves and refreshes mailboxes of 1,000 messages and more, each about three times as large as the one before,
up to --messages; and refreshes each a second time, with one message in a hundred new. It shows what one message of the
mailbox costs in each, in time and CPU of both sides, and their memory. Where nothing grows faster than the mailbox, the
figures of a column are alike; how much dearer a message is in the largest mailbox than in one of 10,000 is told, round by round.`,
		Example: `  bench growth
  bench growth --messages 1000000 --html growth.html
  bench growth --from 100 --messages 10000 --size 8KiB --runs 5`,
	}
	g.addFlags(c, 100_000, 2<<10, 3, 0)
	f := c.Flags()
	g.addClientFlag(f)
	f.IntVar(&g.from, "from", 1000, "messages of the smallest mailbox")
	f.StringVar(&g.pop3sim, "pop3sim", "", "a pop3sim program that serves instead of the server built into the bench")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := g.setup.validate(f); err != nil {
			return err
		}
		if g.box.Messages > mostGrowth {
			return cli.Usage("--messages takes %d to %d here, not %d", leastGrowth, mostGrowth, g.box.Messages)
		}
		if g.from < leastGrowth || g.from > g.box.Messages {
			return cli.Usage("--from takes %d to --messages, not %d", leastGrowth, g.from)
		}
		p, err := g.plan(c.Context())
		if err != nil {
			return err
		}
		return p.run(c)
	}
	return c
}

// sizes are from, 3 x from, 10 x from and so on, and the largest.
func (g *growth) sizes() []int {
	var sizes []int
	for power := g.from; power < g.box.Messages; power *= 10 {
		sizes = append(sizes, power)
		if 3*power < g.box.Messages {
			sizes = append(sizes, 3*power)
		}
	}
	return append(sizes, g.box.Messages)
}

const growthName = "growth"

// retrieved is the visit of a retrieve.
const retrieved = "retrieve"

func (g *growth) plan(ctx context.Context) (*plan, error) {
	p := g.begin(growthName)
	ours := clientSpec{Name: oursName, Program: g.mtm}
	if err := p.participate(ctx, ours); err != nil {
		return nil, err
	}
	server, err := g.server()
	if err != nil {
		return nil, err
	}
	refreshing := job{Mode: headers, Which: newOnes}
	for _, n := range g.sizes() {
		box := g.box
		box.Messages = n
		t := trial{Server: server, Client: ours, Line: g.line(), Accounts: 1}
		t.Label, t.Visits = count(n, "message")+", retrieve", []visitSpec{{retrieved, box, job{Mode: copyMail, Which: newOnes}}}
		p.trials = append(p.trials, t)
		t.Label = strings.Replace(t.Label, retrieved, "refresh", 1)
		t.Visits = slices.DeleteFunc(refreshing.refreshes(box, true), func(v visitSpec) bool {
			return v.Name == nothingNew || v.Name == stillNone
		})
		p.trials = append(p.trials, t)
	}
	p.found.What = "up to " + g.what()
	p.found.Notes = append(p.found.Notes,
		"Every message and every header of every run was compared with what was served. The cost of a refresh is by messages in the mailbox, new or not.")
	p.conclude = p.found.grow
	return p, nil
}

// usualSize is the mailbox that larger ones are compared with, where it is among them; else it is the smallest.
const usualSize = 10_000

// grow finds how much dearer a message is in the largest mailbox than in the usual one, round by round.
func (r *results) grow() {
	for _, visit := range []string{retrieved, firstVisit, someNew} {
		var usual, largest int
		runs := map[int][]*measurement{} // by size; that of a mailbox with 1 % new is a little larger
		for i := range r.Trials {
			m := &r.Trials[i]
			if m.Visit != visit {
				continue
			}
			runs[m.Mailbox] = append(runs[m.Mailbox], m)
			largest = max(largest, m.Mailbox)
			if usual == 0 || m.Mailbox == usualSize || m.Mailbox == usualSize+usualSize/100 {
				usual = m.Mailbox
			}
		}
		if largest == usual {
			continue
		}
		for _, cost := range []struct {
			of   string
			each func(*measurement) float64
		}{
			{"time", func(m *measurement) float64 { return m.Seconds / float64(m.Messages) }},
			{"client's CPU", func(m *measurement) float64 { return m.Spent.CPU / float64(m.Messages) }},
			{"server's CPU", func(m *measurement) float64 { return m.Serving.CPU / float64(m.Messages) }},
		} {
			if times := ratios(runs[largest], runs[usual], cost.each); len(times) > 0 {
				label := fmt.Sprintf("%s, %s, %s : %s", growthLine(visit), cost.of, grouped(float64(largest)), grouped(float64(usual)))
				r.Dearer = append(r.Dearer, dearer{label, spreadOf(times)})
			}
		}
	}
}
