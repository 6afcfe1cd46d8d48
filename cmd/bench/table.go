package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// table is the results for a person.
func (r *results) table() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s\n%s\n\n", partly(r.Stopped), r.title(), r.Machine)
	rows := [][]string{append([]string{r.Benchmark}, r.columns()...)}
	for i := range r.Summary {
		rows = append(rows, append([]string{r.Summary[i].Label}, r.cells(&r.Summary[i])...))
	}
	align(&b, r.headings(), rows)
	for _, t := range r.ratioTables() {
		rows = [][]string{{t.head, "least", "median", "most"}}
		for _, v := range t.rows {
			rows = append(rows, []string{v.Label, ratio(v.Times.Least), ratio(v.Times.Median), ratio(v.Times.Most)})
		}
		b.WriteByte('\n')
		align(&b, nil, rows)
	}
	if len(r.latencies()) > 0 {
		b.WriteByte('\n')
		align(&b, nil, r.latencyRows())
	}
	b.WriteByte('\n')
	for _, line := range r.remarks() {
		b.WriteString(line + "\n")
	}
	return b.Bytes()
}

// ratioTable is ratios of one kind.
type ratioTable struct {
	head string
	rows []versus
}

// ratioTables are those that have rows.
func (r *results) ratioTables() []ratioTable {
	var dearer []versus
	for _, d := range r.Dearer {
		dearer = append(dearer, versus(d))
	}
	return slices.DeleteFunc([]ratioTable{{"times faster, run by run", r.Ratios}, {"times dearer, run by run", dearer}},
		func(t ratioTable) bool { return len(t.rows) == 0 })
}

// title says in one line what was measured.
func (r *results) title() string {
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
		parts = append(parts, octets(r.Bandwidth)+" a second")
	}
	parts = append(parts, count(r.Rounds, "run"))
	if len(r.Summary) > 1 {
		parts[len(parts)-1] += ", taking turns"
	}
	return strings.Join(parts, "; ")
}

// hasOctets says whether mail was counted in octets anywhere.
func (r *results) hasOctets() bool {
	for _, s := range r.Summary {
		if s.Octets > 0 {
			return true
		}
	}
	return false
}

// hasTops says whether TOP commands were counted anywhere.
func (r *results) hasTops() bool {
	for _, s := range r.Summary {
		if s.TopCommands != nil {
			return true
		}
	}
	return false
}

func (r *results) headings() []heading {
	h := []heading{{"", 1}, {r.Unit + "/s", 3}}
	if r.hasOctets() {
		h = append(h, heading{"MB/s", 1})
	}
	h = append(h, heading{"CPU us each", 2}, heading{"peak memory", 2})
	if r.hasTops() {
		h = append(h, heading{"", 1})
	}
	return h
}

// columns are the heads of the figures of a row.
func (r *results) columns() []string {
	c := []string{"least", "median", "most"}
	if r.hasOctets() {
		c = append(c, "median")
	}
	c = append(c, "client", "server", "client", "server")
	if r.hasTops() {
		c = append(c, "TOPs")
	}
	return c
}

// cells are the figures of a row.
func (r *results) cells(s *row) []string {
	c := []string{grouped(s.Rate.Least), grouped(s.Rate.Median), grouped(s.Rate.Most)}
	if r.hasOctets() {
		c = append(c, unknownAtZero(s.Octets, short(s.Octets/1e6)))
	}
	c = append(c, micros(s.ClientCPU), micros(s.ServerCPU), memory(s.ClientPeak), memory(s.ServerPeak))
	if r.hasTops() {
		tops := "unknown"
		if s.TopCommands != nil {
			tops = grouped(float64(*s.TopCommands))
		}
		c = append(c, tops)
	}
	return c
}

// latencies are the measurements that say how long each thing took.
func (r *results) latencies() []*measurement {
	var found []*measurement
	for _, list := range [][]measurement{r.Traces, r.lastRound()} {
		for i := range list {
			if list[i].Latency != nil {
				found = append(found, &list[i])
			}
		}
	}
	return found
}

// lastRound is the part of the trials that a client measured itself last.
func (r *results) lastRound() []measurement {
	for i := range r.Trials {
		if r.Trials[i].Round == r.Rounds {
			return r.Trials[i:]
		}
	}
	return nil
}

// latencyRows is the table of latencies.
func (r *results) latencyRows() [][]string {
	rows := [][]string{append([]string{"milliseconds"}, percentHeads()...)}
	for _, m := range r.latencies() {
		line := []string{r.labelOf(m) + ", each " + m.Latency.Of}
		for _, p := range tablePercentiles() {
			line = append(line, short(m.Latency.at(p)*1e3))
		}
		rows = append(rows, line)
	}
	return rows
}

// labelOf is the label of a measurement's row.
func (r *results) labelOf(m *measurement) string {
	for _, s := range r.Summary {
		if (kind{s.Client, s.Server, s.Visit, s.Messages}) == m.kind() {
			return s.Label
		}
	}
	return m.Client
}

// remarks are what must be known beside the figures.
func (r *results) remarks() []string {
	lines := append([]string{}, r.Notes...)
	for _, p := range append(append([]participant{}, r.Clients...), r.Servers...) {
		line := p.Name + ": " + p.Version
		if p.Durability != "" {
			line += "; syncs: " + p.Durability
		}
		if p.Alters != "" {
			line += "; by its nature it " + p.Alters
		}
		lines = append(lines, line)
	}
	for _, f := range r.Failures {
		lines = append(lines, fmt.Sprintf("%s failed in round %d and was left out from then on: %s", f.What, f.Round, f.Text))
	}
	return lines
}

// duration is a short time as Go writes it, to 10 microseconds.
func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second)).Round(10 * time.Microsecond)
}

// heading stands above some columns of a table.
type heading struct {
	text    string
	columns int
}

const gap = 3 // blanks between columns

// align writes headings, then rows with the first column to the left and the others to the right.
func align(b *bytes.Buffer, headings []heading, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	line, first := "", 0
	for _, h := range headings {
		width := gap * h.columns
		for _, w := range widths[first : first+h.columns] {
			width += w
		}
		first += h.columns
		if first == 1 {
			width -= gap
		}
		line += fmt.Sprintf("%*s", width, h.text)
	}
	if line != "" {
		b.WriteString(line + "\n")
	}
	for _, row := range rows {
		line := fmt.Sprintf("%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			line += fmt.Sprintf("%*s", gap+widths[i+1], cell)
		}
		b.WriteString(line + "\n")
	}
}

func count(n int, of string) string {
	if n != 1 {
		of += "s"
	}
	return grouped(float64(n)) + " " + of
}

// grouped is a number to three digits or more, in groups of three.
func grouped(f float64) string {
	if f < 100 {
		return short(f)
	}
	text := strconv.FormatFloat(f, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// short is a number to three digits or all before the point.
func short(f float64) string {
	switch {
	case f == float64(int64(f)) || f >= 100:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case f >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// ratio needs more digits below one.
func ratio(f float64) string {
	if f < 1 {
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return strconv.FormatFloat(f, 'f', 1, 64)
}

// unknownAtZero is for figures that are never zero when they are known.
func unknownAtZero(f float64, text string) string {
	if f == 0 {
		return "unknown"
	}
	return text
}

// micros is a time in microseconds.
func micros(seconds float64) string { return unknownAtZero(seconds, short(seconds*1e6)) }

func memory(octets float64) string {
	return unknownAtZero(octets, strconv.FormatFloat(octets/(1<<20), 'f', 1, 64)+" MiB")
}
