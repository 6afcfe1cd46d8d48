package report

import (
	"fmt"
	"strconv"
	"strings"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/internal/page"
)

// page returns the results as one HTML page, with the figures of results.json.
func (r *Results) page() ([]byte, error) {
	p := page.Page{Title: "bench " + r.Benchmark, Lead: r.title(), Result: r.sentence(), Warning: r.warning(), Notes: r.remarks()}
	p.Facts = []page.Fact{
		{Name: "Date", Text: r.Date}, {Name: "Command", Text: r.Command},
		{Name: "Machine", Text: r.Machine.String()}, {Name: "Runs", Text: strconv.Itoa(r.Rounds)},
	}
	if r.Target == "" {
		p.Facts = append(p.Facts, page.Fact{Name: "Mailbox", Text: "synthetic, " + r.Mailbox.String()})
	} else {
		p.Facts = append(p.Facts, page.Fact{Name: "Target", Text: r.Target})
	}
	p.Tables = append(p.Tables, r.figures())
	for _, t := range r.RatioTables() {
		p.Tables = append(p.Tables, t.onPage())
	}
	if len(r.Latencies()) > 0 {
		p.Tables = append(p.Tables, r.latencyTable())
	}
	more := []page.Plot{r.throughputPlot(), r.latencyPlot()}
	if r.Plots != nil {
		p.Plots = r.Plots(r)
	} else {
		p.Plots = append(p.Plots, r.ratePlot())
		more = append(more, r.memoryPlot())
	}
	for _, plot := range more {
		if len(plot.Lines) > 0 {
			p.Plots = append(p.Plots, plot)
		}
	}
	return p.HTML()
}

// full returns a figure with all its digits, for programs.
func full(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (r *Results) figures() page.Table {
	t := page.Table{Caption: "Figures", Heads: []string{r.Benchmark}}
	columns := r.columns()
	at := 0
	for _, h := range r.headings()[1:] {
		for range h.Columns {
			t.Heads = append(t.Heads, strings.TrimSpace(h.Text+" "+columns[at]))
			at++
		}
	}
	for i := range r.Summary {
		s := &r.Summary[i]
		values := []float64{s.Rate.Least, s.Rate.Median, s.Rate.Most}
		if r.HasOctets() {
			values = append(values, s.Octets)
		}
		values = append(values, s.ClientCPU, s.ServerCPU, s.ClientPeak, s.ServerPeak)
		cells := []page.Cell{{Text: s.Label}}
		for j, text := range r.cells(s) {
			c := page.Cell{Text: text}
			if j < len(values) {
				c.Value = full(values[j])
			} else if s.TopCommands != nil {
				c.Value = strconv.Itoa(*s.TopCommands)
			}
			cells = append(cells, c)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func (ratios ratioTable) onPage() page.Table {
	t := page.Table{Caption: strings.ToUpper(ratios.head[:1]) + ratios.head[1:], Heads: []string{"", "least", "median", "most"}}
	for _, v := range ratios.Rows {
		t.Rows = append(t.Rows, []page.Cell{
			{Text: v.Label}, {Text: numbers.Ratio(v.Times.Least), Value: full(v.Times.Least)},
			{Text: numbers.Ratio(v.Times.Median), Value: full(v.Times.Median)}, {Text: numbers.Ratio(v.Times.Most), Value: full(v.Times.Most)},
		})
	}
	return t
}

func (r *Results) latencyTable() page.Table {
	rows := r.latencyRows()
	t := page.Table{Caption: "Latency", Heads: rows[0]}
	for i, row := range rows[1:] {
		cells := []page.Cell{{Text: row[0]}}
		for j, percent := range tablePercentiles() {
			cells = append(cells, page.Cell{Text: row[1+j], Value: full(r.Latencies()[i].At(percent))})
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// enoughRuns is the number of runs from which on the least and the most show how reliable a median
// is.
const enoughRuns = 5

// warning returns the text above all figures when they are incomplete or unreliable, else "".
func (r *Results) warning() string {
	var parts []string
	if r.Stopped != "" {
		parts = append(parts, "Incomplete: "+r.Stopped+".")
	}
	if r.Rounds < enoughRuns {
		parts = append(parts, fmt.Sprintf("Only %s: the medians are not reliable; use --runs %d or more.", numbers.Count(r.Rounds, "run"), enoughRuns))
	}
	return strings.Join(parts, " ")
}

// sentence returns the main result in one sentence: the first rate, and its ratios to others.
func (r *Results) sentence() string {
	if len(r.Dearer) > 0 {
		d := r.Dearer[0]
		return fmt.Sprintf("%s: %s times as much for each message (%s to %s).", d.Label, numbers.Ratio(d.Times.Median),
			numbers.Ratio(d.Times.Least), numbers.Ratio(d.Times.Most))
	}
	if len(r.Summary) == 0 {
		return ""
	}
	first := &r.Summary[0]
	for i := range r.Summary {
		if len(r.Ratios) > 0 && strings.HasPrefix(r.Ratios[0].Label, r.Summary[i].Label+" : ") {
			first = &r.Summary[i] // the row that the others are compared with
		}
	}
	text := fmt.Sprintf("%s: %s %s a second (%s to %s)", first.Label, numbers.Grouped(first.Rate.Median), r.Unit,
		numbers.Grouped(first.Rate.Least), numbers.Grouped(first.Rate.Most))
	const mostNamed = 3
	var parts []string
	for _, v := range r.Ratios {
		base, other, _ := strings.Cut(v.Label, " : ")
		if base == first.Label && len(parts) < mostNamed {
			parts = append(parts, fmt.Sprintf("%s times the rate of %s (%s to %s)", numbers.Ratio(v.Times.Median), other,
				numbers.Ratio(v.Times.Least), numbers.Ratio(v.Times.Most)))
		}
	}
	if len(parts) > 0 {
		text += ", which is " + strings.Join(parts, ", ")
	}
	return text + "."
}
