package report

import (
	"fmt"
	"io"
	"strings"

	"pop3mtm/scenarios/check"
)

// TAP writes the report in the Test Anything Protocol, version 13.
func (r *Report) TAP(w io.Writer, p Policy) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 13\n1..%d\n", len(r.Cases))
	for i, c := range r.Cases {
		ok, directive := "ok", ""
		switch {
		case p.Fails(c):
			ok = "not ok"
		case c.Result == check.Skipped:
			directive = " # SKIP " + tapText(c.Why)
		case c.Result != check.Pass:
			directive = " # " + tapText(fmt.Sprintf("%s %s: %s", c.Result, c.Class, c.Why))
		}
		fmt.Fprintf(&b, "%s %d - %s%s\n", ok, i+1, c.ID, directive)
		if ok == "not ok" {
			fmt.Fprintf(&b, "  ---\n  class: %s\n  severity: %s\n  rfc: %q\n  why: %q\n  reproduce: %q\n  ...\n", c.Class, c.Severity, c.RFC, c.Why, c.Reproduce)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func tapText(text string) string { return strings.ReplaceAll(clip(text), "#", `\#`) }
