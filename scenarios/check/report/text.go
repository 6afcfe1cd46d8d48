package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"pop3mtm/scenarios/check"
)

// shown is the number of failures that the text shows in full.
const shown = 5

// Text writes the report for a person at a terminal.
func (r *Report) Text(w io.Writer, p Policy) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", r.Title())
	for _, l := range r.Learned {
		fmt.Fprintf(&b, "  %s\n", l)
	}
	b.WriteString("\n")
	r.table(&b)
	var reds, ambers []Case
	for _, c := range r.Cases {
		switch c.Result {
		case check.Fail:
			reds = append(reds, c)
		case check.Warn, check.Unstable, check.Harness:
			ambers = append(ambers, c)
		default:
		}
	}
	for i, c := range reds {
		if i < shown {
			c.text(&b)
		}
	}
	rest(&b, "further failing cases", reds[min(shown, len(reds)):])
	rest(&b, "warnings and doubts", ambers)
	r.left(&b)
	r.verdict(&b, p, len(reds))
	_, err := io.WriteString(w, b.String())
	return err
}

// table writes the totals of each severity.
func (r *Report) table(b *strings.Builder) {
	fmt.Fprintf(b, "%-10s", "")
	for _, result := range check.Results() {
		fmt.Fprintf(b, " %13s", result)
	}
	b.WriteString("\n")
	for _, severity := range slices.Backward(check.Severities()) {
		fmt.Fprintf(b, "%-10s", severity)
		for _, result := range check.Results() {
			fmt.Fprintf(b, " %13d", r.Totals.Severities[severity][result])
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// text writes one failure with the lines that show it.
func (c Case) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s %s (%s, %s)\n  %s\n", c.Class, c.ID, c.Severity, c.RFC, c.Why)
	for _, a := range check.Classes() {
		if a.Class == c.Class {
			fmt.Fprintf(b, "  rule: %s\n  a user loses %s\n", a.Rule, a.Loses)
		}
	}
	if c.Detail != "" {
		fmt.Fprintf(b, "  stored: %s\n", c.Detail)
	}
	if c.Output != "" {
		fmt.Fprintf(b, "  it printed: %s\n", c.Output)
	}
	for _, l := range c.Excerpt {
		fmt.Fprintf(b, "  %s %s\n", mark(l), l.Text)
	}
	fmt.Fprintf(b, "  by hand: %s\n\n", c.Reproduce)
}

// mark returns the mark in front of a line: of the fault, or of the line that the verdict is about.
func mark(l check.Line) string {
	switch {
	case l.Shows:
		return ">"
	case l.Fault:
		return "!"
	}
	return " "
}

// rest writes a line for each case that is not shown in full.
func rest(b *strings.Builder, title string, cases []Case) {
	if len(cases) == 0 {
		return
	}
	fmt.Fprintf(b, "%d %s:\n", len(cases), title)
	for _, c := range cases {
		class := string(c.Class)
		if c.Result == check.Unstable || c.Result == check.Harness {
			class = strings.TrimSpace(string(c.Result) + " " + class)
		}
		fmt.Fprintf(b, "  %s %s: %s\n", class, c.ID, clip(c.Why))
	}
	b.WriteString("\n")
}

// left says in how many cases the client left processes behind.
func (r *Report) left(b *strings.Builder) {
	var ids []string
	for _, c := range r.Cases {
		if c.Left > 0 {
			ids = append(ids, c.ID)
		}
	}
	if ids != nil {
		fmt.Fprintf(b, "in %d cases the client left processes behind, which were ended: %s\n\n", len(ids), clip(strings.Join(ids, ", ")))
	}
}

// verdict writes the last line, which sums up the run.
func (r *Report) verdict(b *strings.Builder, p Policy, reds int) {
	failing := len(r.Failing(p))
	switch {
	case failing > 0:
		fmt.Fprintf(b, "%d of %d cases fail the check\n", failing, r.Totals.Cases)
	case reds > 0:
		fmt.Fprintf(b, "no case fails the check; %d show where a more tolerant client does better\n", reds)
	default:
		fmt.Fprintf(b, "no case fails the check; %d of %d were not exercised\n", r.Totals.Results[check.Skipped], r.Totals.Cases)
	}
}

func clip(text string) string {
	const most = 160
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// visible replaces characters that a terminal would obey.
func visible(text string) string {
	return strings.Map(func(r rune) rune { // invalid UTF-8 becomes U+FFFD
		switch {
		case r == '\t':
			return ' '
		case r < 0x20 || r >= 0x7F && r < 0xA0 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069:
			return '?'
		}
		return r
	}, text)
}
