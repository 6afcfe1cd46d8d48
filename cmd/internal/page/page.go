// Package page writes an HTML page of figures: tables, plots as SVG, and text for each. The page is
// self-contained, without scripts, and without fonts or pictures from elsewhere. It follows the
// browser's setting of light or dark.
package page

import (
	"bytes"
	_ "embed" // the template
	"fmt"
	"html/template"
)

// Page holds what is shown, from top to bottom. All texts are plain text and are escaped.
type Page struct {
	Title   string
	Lead    string // one paragraph below the title
	Result  string // the result in one sentence; "" for none
	Warning string // shown before all figures; "" for none
	Facts   []Fact
	Tables  []Table
	Plots   []Plot
	Notes   []string
}

// Fact is a name and its value.
type Fact struct{ Name, Text string }

// Table is a table of figures. It has one head for each column; the first cell of a row
// is the head of the row.
type Table struct {
	Caption string
	Heads   []string
	Rows    [][]Cell
}

// Head returns the head of a column, "" for none. A narrow screen shows it beside each cell.
func (t Table) Head(column int) string {
	if column >= len(t.Heads) {
		return ""
	}
	return t.Heads[column]
}

// Cell is one figure.
type Cell struct {
	Text  string
	Value string // the figure in full, for programs: the attribute data-value; "" for none
}

//go:embed page.html
var source string

// HTML returns the page. It fails when a plot cannot be drawn.
func (p *Page) HTML() ([]byte, error) {
	parsed, err := template.New("page").Parse(source)
	if err != nil {
		return nil, err
	}
	type drawn struct {
		*Plot
		SVG template.HTML
		Key []key
	}
	var plots []drawn
	for i := range p.Plots {
		svg, failed := p.Plots[i].svg()
		if failed != nil {
			return nil, fmt.Errorf("the plot %q: %w", p.Plots[i].Title, failed)
		}
		plots = append(plots, drawn{&p.Plots[i], template.HTML(svg), p.Plots[i].key()})
	}
	var b bytes.Buffer
	err = parsed.Execute(&b, struct {
		*Page
		Drawn []drawn
	}{p, plots})
	return b.Bytes(), err
}
