package report

import (
	"fmt"
	"strings"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/internal/page"
)

// ratePlot returns a plot with the median rates as bars.
func (r *Results) ratePlot() page.Plot {
	p := page.Plot{
		Title: "Rate", X: r.Unit + " per second", Lines: []page.Series{{Name: r.Unit + " per second"}},
		About: "Medians of all runs. The thin line goes from the least to the most. The time is that of the client's whole process.",
	}
	if r.Clock != "" {
		p.About = "Medians of all runs. The thin line goes from the least to the most. " + r.Clock
	}
	for _, s := range r.Summary {
		p.Bars = append(p.Bars, s.Label)
		p.Lines[0].Points = append(p.Lines[0].Points, page.Point{Y: s.Rate.Median, Least: s.Rate.Least, Most: s.Rate.Most})
	}
	p.Lines[0].Text = inWords(p.Bars, p.Lines[0].Points)
	return p
}

// memoryPlot returns a plot of the largest resident sets of both sides. It is empty where the
// system does not report them.
func (r *Results) memoryPlot() page.Plot {
	p := page.Plot{Title: "Peak memory", X: "MiB", About: "The largest resident set of one process of each side; medians of all runs. A program that needs " +
		"less memory than the bench, which starts it, is shown with the memory of the bench."}
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

// inWords describes the bars in words, for readers who do not see them.
func inWords(labels []string, points []page.Point) string {
	var parts []string
	for i, label := range labels {
		text := label + " " + numbers.UnknownAtZero(points[i].Y, numbers.Grouped(points[i].Y))
		if points[i].Most > points[i].Least {
			text += fmt.Sprintf(" (%s to %s)", numbers.Grouped(points[i].Least), numbers.Grouped(points[i].Most))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// throughputPlot returns a plot of the octets on watched lines over time.
func (r *Results) throughputPlot() page.Plot {
	p := page.Plot{
		Title: "Throughput over time", X: "seconds", Y: "MB/s",
		About: "Octets from the server on a watched line, in a run of its own. Watching slows the line down: take rates from the table.",
	}
	traces := r.Traces
	if r.Timing != "" {
		p.About, traces = r.Timing, r.lastRound()
	}
	for i := range traces {
		m := &traces[i]
		s := page.Series{Name: r.labelOf(m), Points: speeds(m.Rate)}
		if n := len(m.Rate); n > 1 {
			last := m.Rate[n-1]
			s.Text = fmt.Sprintf("%s MB in %s s", numbers.Short(float64(last.Octets)/1e6), numbers.Short(last.At))
			p.Lines = append(p.Lines, s)
		}
	}
	return p
}

// speeds returns megabytes per second between samples. It joins samples until a few dozen points
// are left, since a line with more of them is hard to read.
func speeds(samples []wire.Sample) []page.Point {
	const most = 60
	if len(samples) < 2 {
		return nil
	}
	width := samples[len(samples)-1].At / most
	var points []page.Point
	from := wire.Sample{}
	for _, s := range samples {
		if s.At-from.At < width || s.At == from.At {
			continue
		}
		points = append(points, page.Point{X: (s.At + from.At) / 2, Y: float64(s.Octets-from.Octets) / (s.At - from.At) / 1e6})
		from = s
	}
	return points
}

// latencyPlot returns a plot of percentiles. Its axis is that of HDR histograms: 90, 99 and 99.9
// percent are at equal distances.
func (r *Results) latencyPlot() page.Plot {
	p := page.Plot{
		Title: "Latency", X: "percentile", Y: "milliseconds", LogX: true, LogY: true,
		Ticks: []page.Tick{{At: 1, Label: "0"}, {At: 2, Label: "50"}, {At: 10, Label: "90"}, {At: 100, Label: "99"}, {At: 1000, Label: "99.9"}, {At: 10000, Label: "99.99"}},
		About: "The time from the moment when a command leaves for the server to the moment when the last octet of its reply leaves for the client, measured " +
			"on a watched line in a run of its own. The time of a session, which the client measures, is from the connection to the reply to QUIT. When several commands are in flight, the time includes the wait for earlier replies.",
	}
	if r.Timing != "" {
		p.About = r.Timing
	}
	for _, m := range r.Latencies() {
		s := page.Series{Name: m.Label}
		if r.Timing != "" {
			s.Name += ", " + m.Of
		}
		for _, q := range m.Percentiles {
			if q.Percent < 100 {
				s.Points = append(s.Points, page.Point{X: 100 / (100 - q.Percent), Y: q.Seconds * 1e3})
			}
		}
		s.Text = fmt.Sprintf("each %s: median %s ms, 99 %% within %s ms, of %s", m.Of,
			numbers.Short(m.At(50)*1e3), numbers.Short(m.At(99)*1e3), numbers.Grouped(float64(m.Count)))
		p.Lines = append(p.Lines, s)
	}
	return p
}
