package report

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/wire"
)

// Table returns the results as text for a person.
func (r *Results) Table() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s\n%s\n\n", numbers.Partly(r.Stopped), r.title(), r.Machine)
	rows := [][]string{append([]string{r.Benchmark}, r.columns()...)}
	for i := range r.Summary {
		rows = append(rows, append([]string{r.Summary[i].Label}, r.cells(&r.Summary[i])...))
	}
	numbers.Align(&b, r.headings(), rows)
	for _, t := range r.RatioTables() {
		rows = [][]string{{t.head, "least", "median", "most"}}
		for _, v := range t.Rows {
			rows = append(rows, []string{v.Label, numbers.Ratio(v.Times.Least), numbers.Ratio(v.Times.Median), numbers.Ratio(v.Times.Most)})
		}
		b.WriteByte('\n')
		numbers.Align(&b, nil, rows)
	}
	if len(r.Latencies()) > 0 {
		b.WriteByte('\n')
		numbers.Align(&b, nil, r.latencyRows())
	}
	b.WriteByte('\n')
	for _, line := range r.remarks() {
		b.WriteString(line + "\n")
	}
	return b.Bytes()
}

// ratioTable is a table of ratios of one kind.
type ratioTable struct {
	head string
	Rows []Versus
}

// RatioTables returns the tables of ratios that have rows.
func (r *Results) RatioTables() []ratioTable {
	var dearer []Versus
	for _, d := range r.Dearer {
		dearer = append(dearer, Versus(d))
	}
	return slices.DeleteFunc([]ratioTable{{"times faster, run by run", r.Ratios}, {"times dearer, run by run", dearer}},
		func(t ratioTable) bool { return len(t.Rows) == 0 })
}

// title describes what was measured.
func (r *Results) title() string {
	parts := []string{r.What}
	if r.Accounts > 1 {
		parts = append(parts, fmt.Sprintf("%d accounts at once", r.Accounts))
	}
	if r.TLS != "" {
		parts = append(parts, "TLS: "+r.TLS)
	}
	if r.RoundTrip > 0 {
		parts = append(parts, fmt.Sprintf("%v of round trip added", duration(r.RoundTrip)))
	}
	if r.Bandwidth > 0 {
		parts = append(parts, numbers.Octets(r.Bandwidth)+" a second")
	}
	parts = append(parts, numbers.Count(r.Rounds, "run"))
	if len(r.Summary) > 1 {
		parts[len(parts)-1] += ", taking turns"
	}
	return strings.Join(parts, "; ")
}

// HasOctets reports whether any row has a rate in octets.
func (r *Results) HasOctets() bool {
	for _, s := range r.Summary {
		if s.Octets > 0 {
			return true
		}
	}
	return false
}

// hasTops reports whether any row has a number of TOP commands.
func (r *Results) hasTops() bool {
	for _, s := range r.Summary {
		if s.TopCommands != nil {
			return true
		}
	}
	return false
}

func (r *Results) headings() []numbers.Heading {
	h := []numbers.Heading{numbers.Over("", 1), numbers.Over(r.Unit+"/s", 3)}
	if r.HasOctets() {
		h = append(h, numbers.Over("MB/s", 1))
	}
	h = append(h, numbers.Over("CPU us each", 2), numbers.Over("peak memory", 2))
	if r.hasTops() {
		h = append(h, numbers.Over("", 1))
	}
	return h
}

// columns returns the column titles of the figures in a row.
func (r *Results) columns() []string {
	c := []string{"least", "median", "most"}
	if r.HasOctets() {
		c = append(c, "median")
	}
	c = append(c, "client", "server", "client", "server")
	if r.hasTops() {
		c = append(c, "TOPs")
	}
	return c
}

// cells returns the figures of a row.
func (r *Results) cells(s *Row) []string {
	c := []string{numbers.Grouped(s.Rate.Least), numbers.Grouped(s.Rate.Median), numbers.Grouped(s.Rate.Most)}
	if r.HasOctets() {
		c = append(c, numbers.UnknownAtZero(s.Octets, numbers.Short(s.Octets/1e6)))
	}
	c = append(c, numbers.Micros(s.ClientCPU), numbers.Micros(s.ServerCPU), numbers.Memory(s.ClientPeak), numbers.Memory(s.ServerPeak))
	if r.hasTops() {
		tops := "unknown"
		if s.TopCommands != nil {
			tops = numbers.Grouped(float64(*s.TopCommands))
		}
		c = append(c, tops)
	}
	return c
}

// timed is how long each thing of one kind took, and the label of the row that it belongs to.
type timed struct {
	Label string
	*wire.Latency
}

// Latencies returns the latencies of the traces and of the last round.
func (r *Results) Latencies() []timed {
	var found []timed
	for _, list := range [][]Measurement{r.Traces, r.lastRound()} {
		for i := range list {
			m := &list[i]
			if m.Latency != nil {
				found = append(found, timed{r.labelOf(m), m.Latency})
			}
			for j := range m.Verbs {
				found = append(found, timed{r.labelOf(m), &m.Verbs[j]})
			}
		}
	}
	return found
}

// lastRound returns the measurements of the last round, nil when it did not begin.
func (r *Results) lastRound() []Measurement {
	for i := range r.Trials {
		if r.Trials[i].Round == r.Rounds {
			return r.Trials[i:]
		}
	}
	return nil
}

// latencyRows returns the rows of the table of latencies, the first of which has the titles.
func (r *Results) latencyRows() [][]string {
	rows := [][]string{append([]string{"milliseconds"}, percentHeads()...)}
	for _, m := range r.Latencies() {
		line := []string{m.Label + ", each " + m.Of}
		for _, p := range tablePercentiles() {
			line = append(line, numbers.Short(m.At(p)*1e3))
		}
		rows = append(rows, line)
	}
	return rows
}

// labelOf returns the label of a measurement's row.
func (r *Results) labelOf(m *Measurement) string {
	for _, s := range r.Summary {
		if (Kind{s.Client, s.Server, s.Visit, s.Messages}) == m.kind() {
			return s.Label
		}
	}
	return m.Client
}

// remarks returns the lines after the figures: notes, versions, and failures.
func (r *Results) remarks() []string {
	lines := append([]string{}, r.Notes...)
	for _, p := range append(append([]Participant{}, r.Clients...), r.Servers...) {
		line := p.Name + ": " + p.Version
		if p.Durability != "" {
			line += "; syncs: " + p.Durability
		}
		if p.Alters != "" {
			line += "; it " + p.Alters
		}
		lines = append(lines, line)
	}
	for _, f := range r.Failures {
		lines = append(lines, fmt.Sprintf("%s failed in round %d and was left out from then on: %s", f.What, f.Round, f.Text))
	}
	return lines
}

// duration converts seconds to a duration, rounded to 10 microseconds.
func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second)).Round(10 * time.Microsecond)
}

// tablePercentiles returns the percentiles in the table of latencies.
func tablePercentiles() []float64 { return []float64{50, 90, 99, 99.9, 100} }

// percentHeads returns the column titles of these percentiles.
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
