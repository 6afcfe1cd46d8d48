// Package numbers computes and formats the figures of results: medians, counts, sizes, tables.
package numbers

import (
	"bytes"
	"fmt"
)

// Heading is a text above one or more columns of a table.
type Heading struct {
	Text    string
	Columns int
}

const gap = 3 // blanks between columns

// Align writes headings and rows in aligned columns: the first one to the left, the others to the
// right.
func Align(b *bytes.Buffer, headings []Heading, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	line, first := "", 0
	for _, h := range headings {
		width := gap * h.Columns
		for _, w := range widths[first : first+h.Columns] {
			width += w
		}
		first += h.Columns
		if first == 1 {
			width -= gap
		}
		line += fmt.Sprintf("%*s", width, h.Text)
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

// Over returns a heading above the given number of columns.
func Over(text string, columns int) Heading { return Heading{text, columns} }
