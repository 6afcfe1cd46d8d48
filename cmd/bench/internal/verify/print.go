package verify

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"pop3mtm/cmd/internal/cli"
)

// Print writes the verdict as text, or as JSON for programs.
func (v *Verdict) Print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := cli.NewJSON(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s messages are right\n", humanize.Comma(int64(v.Right)), humanize.Comma(int64(v.Expected)))
	if v.Missing.Count > 0 {
		fmt.Fprintf(&b, "missing: %s: %s%s\n", humanize.Comma(int64(v.Missing.Count)), strings.Join(v.Missing.First, ", "), more(len(v.Missing.First) == most))
	}
	for _, kind := range []struct {
		name string
		findings
	}{{"doubled", v.Doubled}, {"changed", v.Changed}, {"extra", v.Extra}} {
		for _, f := range kind.First {
			number := ""
			if f.Message > 0 {
				number = fmt.Sprintf("message %d: ", f.Message)
			}
			fmt.Fprintf(&b, "%s: %s%s: %s\n", kind.name, number, f.Where, cli.OneLine(f.What))
		}
		if n := kind.Count - len(kind.First); n > 0 {
			fmt.Fprintf(&b, "%s: %s more\n", kind.name, humanize.Comma(int64(n)))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func more(cut bool) string {
	if cut {
		return " ..."
	}
	return ""
}
