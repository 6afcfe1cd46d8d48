package report

import (
	"fmt"
	"html"
	"io"
)

// Badge writes an SVG picture with the number of cases that fail.
func (r *Report) Badge(w io.Writer, p Policy) error {
	failing := len(r.Failing(p))
	text, color := fmt.Sprintf("%d cases, none fails", r.Totals.Cases), "#2e7d32"
	if failing > 0 {
		text, color = fmt.Sprintf("%d of %d cases fail", failing, r.Totals.Cases), "#b3261e"
	}
	const label, left = "POP3 check", 76
	right := 7*len(text) + 12
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" role="img" aria-label="%[2]s: %[3]s">
<title>%[2]s: %[3]s</title>
<rect width="%[4]d" height="20" fill="#444"/><rect x="%[4]d" width="%[5]d" height="20" fill="%[6]s"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="%[7]d" y="14">%[2]s</text><text x="%[8]d" y="14">%[3]s</text>
</g>
</svg>
`, left+right, label, html.EscapeString(text), left, right, color, left/2, left+right/2)
	return err
}
