package report

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"

	"pop3mtm/scenarios/check"
)

// Matrix writes the results of several clients as a Markdown page: a table of clients, a table of
// sections, and a line for each failure. page is the name of the HTML page with the transcripts.
func Matrix(w io.Writer, reports []*Report, page string) error {
	var b strings.Builder
	b.WriteString("# POP3 clients and what becomes of the mail\n\n")
	fmt.Fprintf(&b, "Made by `pop3sim check matrix` with %d cases; [%s](%s) shows the transcript that proves each failure. docs/check.md says what is judged. "+
		"The column settings says how each client is set; with other settings it may do better or worse. A client that never meets a fault is not exercised, which does not count as a pass. "+
		"Cases in which the server itself breaks the RFC are counted separately, as tolerance: the fault is the server's, and a failure shows what the client could do better. "+
		"A verdict is in doubt when two runs differ, or when our own client fails too.\n\n", len(reports[0].Cases), page, page)
	b.WriteString("| client | version | settings | pass | fail | fail (tolerance) | warn | not exercised | in doubt |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range reports {
		of, tolerance := r.Totals.Results, r.Totals.Severities[check.Tolerance][check.Fail]
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d | %d | %d | %d |\n", cellText(r.Client), cellText(r.Version), cellText(r.Settings),
			of[check.Pass], of[check.Fail]-tolerance, tolerance, of[check.Warn], of[check.Skipped], of[check.Unstable]+of[check.Harness])
	}
	b.WriteString("\n## By section\n\nPasses among the cases that the client met, and failures.\n\n| section |")
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

// String returns the text of a cell.
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

// failures writes the failures of a client. Failures with the same difference share a line, since
// one mistake of a client may show in many cases.
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

// difference returns a text that is equal for failures that show the same difference, whatever the
// numbers of messages and lines.
func (c Case) difference() string {
	shown := cmp.Or(c.Detail, c.Why)
	if _, is, ok := strings.Cut(shown, " is "); ok {
		shown = is
	}
	return string(c.Class) + " " + string(c.Severity) + " " + numbers.ReplaceAllString(shown, "#")
}

var numbers = regexp.MustCompile(`[0-9]+`)

// cellText escapes a text for a cell of a table.
func cellText(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "\n", " ", "*", "\\*").Replace(text)
}
