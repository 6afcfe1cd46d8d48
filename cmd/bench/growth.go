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
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/page"
)

// growth measures the cost of a message in mailboxes of different sizes.
type growth struct {
	harness.Setup
	from int
}

// GrowthMode returns the mode that runs it.
func GrowthMode() harness.Mode { return harness.Mode{Command: newGrowth()} }

const (
	leastGrowth = 10
	mostGrowth  = 1_000_000
)

func newGrowth() *cobra.Command {
	var g growth
	c := &cobra.Command{
		Use:   "growth",
		Short: "Measure what a message costs, from small mailboxes to large ones",
		Long: `Growth retrieves and refreshes mailboxes of 1,000 messages and more, each about three times as large as the one before,
up to --messages; and refreshes each a second time, with one message in a hundred new. It shows what one message of the
mailbox costs in each, in time and CPU of both sides, and their memory. Where nothing grows faster than the mailbox, the
figures of a column are alike. For each round it prints how much more a message costs in the largest mailbox than in one of
10,000.`,
		Example: `  bench growth
  bench growth --messages 1000000 --html growth.html
  bench growth --from 100 --messages 10000 --size 8KiB --runs 5`,
	}
	g.AddFlags(c, 100_000, 2<<10, 3, 0)
	f := c.Flags()
	g.AddClientFlag(f)
	f.IntVar(&g.from, "from", 1000, "number of messages in the smallest mailbox")
	g.AddSimulatorFlag(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := g.Setup.Validate(f); err != nil {
			return err
		}
		if g.Box.Messages > mostGrowth {
			return cli.Usage("--messages takes %d to %d here, not %d", leastGrowth, mostGrowth, g.Box.Messages)
		}
		if g.from < leastGrowth || g.from > g.Box.Messages {
			return cli.Usage("--from takes %d to --messages, not %d", leastGrowth, g.from)
		}
		p, err := g.plan(c.Context())
		if err != nil {
			return err
		}
		return p.Run(c)
	}
	return c
}

// sizes returns from, 3 x from, 10 x from and so on, and the largest size.
func (g *growth) sizes() []int {
	var sizes []int
	for power := g.from; power < g.Box.Messages; power *= 10 {
		sizes = append(sizes, power)
		if 3*power < g.Box.Messages {
			sizes = append(sizes, 3*power)
		}
	}
	return append(sizes, g.Box.Messages)
}

const growthName = "growth"

// retrieved is the visit of a retrieve.
const retrieved = "retrieve"

func (g *growth) plan(ctx context.Context) (*harness.Trials, error) {
	p := g.Begin(growthName)
	ours := &clients.Ours{Program: g.MTM}
	if err := p.Participate(ctx, ours); err != nil {
		return nil, err
	}
	server, err := g.Server()
	if err != nil {
		return nil, err
	}
	for _, n := range g.sizes() {
		box := g.Box
		box.Messages = n
		t := harness.NewTrial(numbers.Count(n, "message")+", retrieve", server, ours, g.Line(), harness.NamedVisit(retrieved, box, tasks.CopyNew()))
		p.Trials = append(p.Trials, t)
		t.Label = strings.Replace(t.Label, retrieved, "refresh", 1)
		t.Visits = slices.DeleteFunc(refreshes(box, true), func(v harness.VisitSpec) bool {
			return v.Name == nothingNew || v.Name == stillNone
		})
		p.Trials = append(p.Trials, t)
	}
	p.Found.What = "up to " + g.What()
	p.Found.Notes = append(p.Found.Notes,
		"Every message and every header of every run was compared with what was served. The cost of a refresh is by messages in the mailbox, new or not.")
	p.Found.Plots, p.Then = growthPlots, func() { grow(p.Found) }
	return p, nil
}

// cost is what one message takes of something.
type cost struct {
	of   string
	each func(*report.Measurement) float64
}

func costs() []cost {
	return []cost{
		{"time", func(m *report.Measurement) float64 { return m.Seconds / float64(m.Messages) }},
		{"client's CPU", func(m *report.Measurement) float64 { return m.Spent.CPU / float64(m.Messages) }},
		{"server's CPU", func(m *report.Measurement) float64 { return m.Serving.CPU / float64(m.Messages) }},
	}
}

// usualSize is the size with which larger mailboxes are compared. If it was not measured, the
// smallest size is used.
const usualSize = 10_000

// grow computes how much more a message costs in the largest mailbox than in the usual one, round
// by round.
func grow(r *report.Results) {
	for _, visit := range []string{retrieved, firstVisit, someNew} {
		var usual, largest int
		runs := map[int][]*report.Measurement{} // by the size of the mailbox, which is larger in visits with 1 % new messages
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
		for _, cost := range costs() {
			if times := report.Ratios(runs[largest], runs[usual], cost.each); len(times) > 0 {
				label := fmt.Sprintf("%s, %s, %s : %s", growthLine(visit), cost.of, numbers.Grouped(float64(largest)), numbers.Grouped(float64(usual)))
				r.Dearer = append(r.Dearer, report.Dearer{Label: label, Times: numbers.SpreadOf(times)})
			}
		}
	}
}

// growthPlots returns plots of the cost of a message, and of memory, by the size of the mailbox.
func growthPlots(r *report.Results) []page.Plot {
	plot := func(title, y, about string, figures map[string]func(*report.Row) float64, order ...string) page.Plot {
		p := page.Plot{Title: title, X: "messages in the mailbox", Y: y, About: about, LogX: true, LogY: y == "microseconds"}
		for _, visit := range []string{retrieved, firstVisit, someNew} {
			for _, side := range order {
				s := page.Series{Name: growthLine(visit) + side}
				for i := range r.Summary {
					if at := &r.Summary[i]; at.Visit == visit {
						s.Points = append(s.Points, page.Point{X: float64(at.Messages), Y: figures[side](at)})
					}
				}
				if n := len(s.Points); n > 0 {
					s.Text = fmt.Sprintf("%s with %s, %s with %s", numbers.Short(s.Points[0].Y), numbers.Count(int(s.Points[0].X), "message"),
						numbers.Short(s.Points[n-1].Y), numbers.Count(int(s.Points[n-1].X), "message"))
					p.Lines = append(p.Lines, s)
				}
			}
		}
		return p
	}
	micro := func(figure func(*report.Row) float64) func(*report.Row) float64 {
		return func(s *report.Row) float64 { return figure(s) * 1e6 }
	}
	mebi := func(figure func(*report.Row) float64) func(*report.Row) float64 {
		return func(s *report.Row) float64 { return figure(s) / (1 << 20) }
	}
	cpu := map[string]func(*report.Row) float64{
		", client": micro(func(s *report.Row) float64 { return s.ClientCPU }), ", server": micro(func(s *report.Row) float64 { return s.ServerCPU }),
	}
	peak := map[string]func(*report.Row) float64{
		", client": mebi(func(s *report.Row) float64 { return s.ClientPeak }), ", server": mebi(func(s *report.Row) float64 { return s.ServerPeak }),
	}
	whole := map[string]func(*report.Row) float64{"": micro(func(s *report.Row) float64 { return s.Each })}
	return []page.Plot{
		plot("Time for a message", "microseconds", "Time of the whole client process, by messages in the mailbox. Of small mailboxes most is the start of the program.", whole, ""),
		plot("CPU for a message", "microseconds", "User and system time of each side, by messages in the mailbox.", cpu, ", client", ", server"),
		plot("Peak memory", "MiB", "The largest resident set of each side.", peak, ", client", ", server"),
	}
}

// growthLine returns the name of a visit in a plot.
func growthLine(visit string) string {
	switch visit {
	case firstVisit:
		return "refresh"
	case someNew:
		return "refresh with 1 % new"
	}
	return visit
}
