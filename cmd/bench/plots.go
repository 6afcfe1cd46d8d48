package main

import (
	"fmt"
	"strconv"
	"strings"

	"pop3mtm/cmd/internal/page"
)

// ratePlot is the medians as bars.
func (r *results) ratePlot() page.Plot {
	p := page.Plot{
		Title: "Rate", X: r.Unit + " per second", Lines: []page.Series{{Name: r.Unit + " per second"}},
		About: "Medians of all rounds. The time is that of the client's whole process.",
	}
	if r.Benchmark == serversName {
		p.About = "Medians of all rounds. The time is from the first RETR to the last octet of the last message."
	}
	for _, s := range r.Summary {
		p.Bars = append(p.Bars, s.Label)
		p.Lines[0].Points = append(p.Lines[0].Points, page.Point{Y: s.Rate.Median})
	}
	p.Lines[0].Text = inWords(p.Bars, p.Lines[0].Points)
	return p
}

// memoryPlot is the largest resident sets of both sides; without lines where the system does not tell.
func (r *results) memoryPlot() page.Plot {
	p := page.Plot{Title: "Peak memory", X: "MiB", About: "The largest resident set of one process of each side, medians. A program that needs less " +
		"than the bench that starts it shows as that much."}
	if r.Benchmark == growthName {
		return page.Plot{}
	}
	sides := []page.Series{{Name: "client"}, {Name: "server"}}
	known := false
	for _, s := range r.Summary {
		p.Bars = append(p.Bars, s.Label)
		for i, peak := range []float64{s.ClientPeak, s.ServerPeak} {
			sides[i].Points = append(sides[i].Points, page.Point{Y: peak / (1 << 20)})
			known = known || peak > 0
		}
	}
	for i := range sides {
		sides[i].Text = inWords(p.Bars, sides[i].Points)
	}
	if known {
		p.Lines = sides
	}
	return p
}

// inWords says the lengths of bars.
func inWords(labels []string, points []page.Point) string {
	var parts []string
	for i, label := range labels {
		parts = append(parts, label+" "+unknownAtZero(points[i].Y, grouped(points[i].Y)))
	}
	return strings.Join(parts, "; ")
}

// throughputPlot is what came over the watched line, over time.
func (r *results) throughputPlot() page.Plot {
	p := page.Plot{
		Title: "Throughput over time", X: "seconds", Y: "MB/s",
		About: "Octets from the server over a line that is watched, in a run of its own. The watching slows it down: rates are to be taken from the table.",
	}
	for i := range r.Traces {
		m := &r.Traces[i]
		s := page.Series{Name: r.labelOf(m), Points: speeds(m.Rate)}
		if n := len(m.Rate); n > 1 {
			last := m.Rate[n-1]
			s.Text = fmt.Sprintf("%s MB in %s s", short(float64(last.Octets)/1e6), short(last.At))
			p.Lines = append(p.Lines, s)
		}
	}
	return p
}

// speeds are megabytes per second between samples, of which some are put together: a line of a few dozen points can be
// read.
func speeds(samples []sample) []page.Point {
	const most = 60
	if len(samples) < 2 {
		return nil
	}
	width := samples[len(samples)-1].At / most
	var points []page.Point
	from := sample{}
	for _, s := range samples {
		if s.At-from.At < width || s.At == from.At {
			continue
		}
		points = append(points, page.Point{X: (s.At + from.At) / 2, Y: float64(s.Octets-from.Octets) / (s.At - from.At) / 1e6})
		from = s
	}
	return points
}

// latencyPlot is percentiles, where each step to the right is ten times rarer.
func (r *results) latencyPlot() page.Plot {
	p := page.Plot{
		Title: "Latency", X: "percentile", Y: "milliseconds", LogX: true, LogY: true,
		Ticks: []page.Tick{{At: 1, Label: "0"}, {At: 2, Label: "50"}, {At: 10, Label: "90"}, {At: 100, Label: "99"}, {At: 1000, Label: "99.9"}, {At: 10000, Label: "99.99"}},
		About: "From the moment when a command passes on to the server to the last octet of its reply on the way to the client, seen on a watched line in a " +
			"run of its own; of sessions, from the connect to the answer to QUIT, by the client. With commands in flight it holds the wait for those before.",
	}
	for _, m := range r.latencies() {
		s := page.Series{Name: r.labelOf(m)}
		for _, q := range m.Latency.Percentiles {
			if q.Percent < 100 {
				s.Points = append(s.Points, page.Point{X: 100 / (100 - q.Percent), Y: q.Seconds * 1e3})
			}
		}
		s.Text = fmt.Sprintf("each %s: median %s ms, 99 %% within %s ms, of %s", m.Latency.Of,
			short(m.Latency.at(50)*1e3), short(m.Latency.at(99)*1e3), grouped(float64(m.Latency.Count)))
		p.Lines = append(p.Lines, s)
	}
	return p
}

// growthPlots are what a message costs, and memory, by the size of the mailbox.
func (r *results) growthPlots() []page.Plot {
	plot := func(title, y, about string, figures map[string]func(*row) float64, order ...string) page.Plot {
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
					s.Text = fmt.Sprintf("%s with %s, %s with %s", short(s.Points[0].Y), count(int(s.Points[0].X), "message"),
						short(s.Points[n-1].Y), count(int(s.Points[n-1].X), "message"))
					p.Lines = append(p.Lines, s)
				}
			}
		}
		return p
	}
	micro := func(figure func(*row) float64) func(*row) float64 {
		return func(s *row) float64 { return figure(s) * 1e6 }
	}
	mebi := func(figure func(*row) float64) func(*row) float64 {
		return func(s *row) float64 { return figure(s) / (1 << 20) }
	}
	cpu := map[string]func(*row) float64{
		", client": micro(func(s *row) float64 { return s.ClientCPU }), ", server": micro(func(s *row) float64 { return s.ServerCPU }),
	}
	peak := map[string]func(*row) float64{
		", client": mebi(func(s *row) float64 { return s.ClientPeak }), ", server": mebi(func(s *row) float64 { return s.ServerPeak }),
	}
	whole := map[string]func(*row) float64{"": micro(func(s *row) float64 { return s.Each })}
	return []page.Plot{
		plot("Time for a message", "microseconds", "Time of the whole client process, by messages in the mailbox. Of small mailboxes most is the start of the program.", whole, ""),
		plot("CPU for a message", "microseconds", "User and system time of each side, by messages in the mailbox.", cpu, ", client", ", server"),
		plot("Peak memory", "MiB", "The largest resident set of each side.", peak, ", client", ", server"),
	}
}

// growthLine is the name of a visit in a plot.
func growthLine(visit string) string {
	switch visit {
	case firstVisit:
		return "refresh"
	case someNew:
		return "refresh with 1 % new"
	}
	return visit
}

// tablePercentiles are those of the table of latencies.
func tablePercentiles() []float64 { return []float64{50, 90, 99, 99.9, 100} }

// percentHeads are their heads.
func percentHeads() []string {
	var heads []string
	for _, p := range tablePercentiles() {
		if p == 100 {
			heads = append(heads, "most")
			continue
		}
		heads = append(heads, strconv.FormatFloat(p, 'f', -1, 64)+" %")
	}
	return heads
}
