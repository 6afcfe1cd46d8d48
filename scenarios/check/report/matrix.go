package report

import (
	"fmt"
	"io"
	"strings"

	"pop3mtm/scenarios/check"
)

// Matrix writes the results of several clients as a Markdown page: clients, sections, and each
// failure in a line. page is the name of the HTML page with the transcripts.
func Matrix(w io.Writer, reports []*Report, page string) error {
	var b strings.Builder
	b.WriteString("# POP3 clients and what becomes of the mail\n\n")
	fmt.Fprintf(&b, "Made by `pop3sim check matrix` with %d cases; [%s](%s) shows the transcript that proves each failure. docs/check.md says what is judged. "+
		"Each client is set as its column says, with other settings it may do better or worse. A client that never meets a fault is not exercised, which is no pass. "+
		"Cases in which the server itself breaks the RFC are counted apart, as tolerance.\n\n", len(reports[0].Cases), page, page)
	b.WriteString("| client | version | settings | pass | fail | fail (tolerance) | warn | not exercised | in doubt |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range reports {
		of, tolerance := r.Totals.Results, r.Totals.Severities[check.Tolerance][check.Fail]
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d | %d | %d | %d |\n", cellText(r.Client), cellText(r.Version), cellText(r.Settings),
			of[check.Pass], of[check.Fail]-tolerance, tolerance, of[check.Warn], of[check.Skipped], of[check.Unstable]+of[check.Harness])
	}
	b.WriteString("\n## By section\n\nPasses of the cases that the client met, and what failed.\n\n| section |")
	for _, r := range reports {
		fmt.Fprintf(&b, " %s |", cellText(r.Client))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(reports)) + "\n")
	for _, row := range rows(reports) {
		fmt.Fprintf(&b, "| %s |", row.Section())
		for _, c := range row.Cells {
			fmt.Fprintf(&b, " %s |", c)
		}
		b.WriteString("\n")
	}
	for _, r := range reports {
		r.failures(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// String says what a cell holds in few characters.
func (c cell) String() string {
	met := c.Pass + c.Fail + c.Warn + c.Other
	if met == 0 {
		return "-"
	}
	text := fmt.Sprintf("%d/%d", c.Pass, met)
	if c.Fail > 0 {
		text += fmt.Sprintf(", **%d fail**", c.Fail)
	}
	if c.Warn > 0 {
		text += fmt.Sprintf(", %d warn", c.Warn)
	}
	return text
}

// failures lists what failed for a client. Failures that show the same difference are one line: a
// client that gets one thing wrong may get it wrong in each case.
func (r *Report) failures(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n", r.Client)
	for _, l := range r.Learned {
		fmt.Fprintf(b, "%s.\n", strings.ToUpper(l[:1])+l[1:])
	}
	b.WriteString("\n")
	alike, warned := map[string]int{}, map[check.Class]int{}
	for _, c := range r.Cases {
		switch c.Result {
		case check.Fail:
			alike[c.difference()]++
		case check.Warn:
			warned[c.Class]++
		default:
		}
	}
	for _, c := range r.Cases {
		key := c.difference()
		if c.Result != check.Fail || alike[key] == 0 {
			continue
		}
		more, detail := "", ""
		if n := alike[key]; n > 1 {
			more = fmt.Sprintf(" and %d more", n-1)
		}
		if c.Detail != "" {
			detail = "; " + c.Detail
		}
		alike[key] = 0
		fmt.Fprintf(b, "- %s `%s`%s (%s, %s): %s%s\n", c.Class, c.ID, more, c.Severity, c.RFC, cellText(clip(c.Why)), cellText(detail))
	}
	for _, a := range check.Classes() {
		if n := warned[a.Class]; n > 0 {
			fmt.Fprintf(b, "- %d warnings %s\n", n, a.Class)
		}
	}
}

// difference is equal for failures that show the same.
func (c Case) difference() string {
	shown := c.Why
	if _, is, ok := strings.Cut(c.Detail, " is "); ok {
		shown = is
	}
	return string(c.Class) + " " + string(c.Severity) + " " + shown
}

// cellText keeps a text in one cell of a table.
func cellText(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "\n", " ", "*", "\\*").Replace(text)
}
