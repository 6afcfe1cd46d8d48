package report

import (
	_ "embed" // the page
	"html/template"
	"io"
	"slices"
	"strings"

	"pop3mtm/scenarios/check"
)

//go:embed page.html
var pageText string

// row is a section of an RFC, or a quirk, with the results of its cases for each client.
type row struct {
	Where string
	Cells []cell
	Cases []matrixCase
}

// cell counts the verdicts of one client in one section.
type cell struct{ Pass, Fail, Warn, Other, Skipped int }

// Color returns the class of the worst verdict in a cell.
func (c cell) Color() string {
	switch {
	case c.Fail > 0:
		return "fail"
	case c.Warn > 0:
		return "warn"
	case c.Other > 0:
		return "other"
	case c.Pass > 0:
		return "pass"
	}
	return "skipped"
}

// matrixCase is a case with the verdict on each client.
type matrixCase struct {
	Case
	Verdicts []verdict
}

type verdict struct {
	Client string
	Case
}

// Red reports whether the page shows the transcript for a verdict.
func (v verdict) Red() bool { return v.Result != check.Pass && v.Result != check.Skipped }

// Page writes one self-contained HTML page: a table of clients and sections, and a part for each
// case. The reports may be of several clients.
func Page(w io.Writer, reports []*Report) error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, struct {
		Reports []*Report
		Rows    []row
		Classes []check.About
	}{reports, rows(reports), check.Classes()})
}

// rows groups the cases of all reports by section.
func rows(reports []*Report) []row {
	byID := map[string]*matrixCase{}
	var order []*matrixCase
	for i, r := range reports {
		for _, c := range r.Cases {
			m := byID[c.ID]
			if m == nil {
				m = &matrixCase{Case: c, Verdicts: make([]verdict, len(reports))}
				byID[c.ID] = m
				order = append(order, m)
			}
			m.Verdicts[i] = verdict{r.Client, c}
		}
	}
	slices.SortStableFunc(order, func(a, b *matrixCase) int {
		if c := check.CompareIDs(a.RFC, b.RFC); c != 0 {
			return c
		}
		return check.CompareIDs(a.ID, b.ID)
	})
	var all []row
	for _, m := range order {
		if len(all) == 0 || all[len(all)-1].Where != m.RFC {
			all = append(all, row{Where: m.RFC, Cells: make([]cell, len(reports))})
		}
		last := &all[len(all)-1]
		last.Cases = append(last.Cases, *m)
		for i, v := range m.Verdicts {
			last.Cells[i].add(v.Result)
		}
	}
	return all
}

func (c *cell) add(r check.Result) {
	switch r {
	case check.Pass:
		c.Pass++
	case check.Fail:
		c.Fail++
	case check.Warn:
		c.Warn++
	case check.Unstable, check.Harness:
		c.Other++
	case check.Skipped:
		c.Skipped++
	}
}

// Section returns the title of a row: RFC 1939 section 6.
func (r row) Section() string {
	if number, section, ok := strings.Cut(r.Where, "/"); ok {
		return "RFC " + number + " section " + section
	}
	return r.Where
}
