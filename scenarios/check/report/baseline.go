package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"pop3mtm/scenarios/check"
)

// Baseline holds known failures: the class of each, by the id of its case.
type Baseline map[string]check.Class

// ReadBaseline reads a baseline from a JSON report, or from a text with the id of a case and a
// class on each line.
func ReadBaseline(in io.Reader, p Policy) (Baseline, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxReport))
	if err != nil {
		return nil, err
	}
	b := Baseline{}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		r, err := Read(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		for _, c := range r.Failing(p) {
			b[c.ID] = c.Class
		}
		return b, nil
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		switch len(fields) {
		case 0:
		case 2:
			if !slices.ContainsFunc(check.Classes(), func(a check.About) bool { return string(a.Class) == fields[1] }) {
				return nil, fmt.Errorf("line %d: there is no class %q", n, fields[1])
			}
			b[fields[0]] = check.Class(fields[1])
		default:
			return nil, fmt.Errorf("line %d: write the id of a case and its class", n)
		}
	}
	return b, lines.Err()
}

// Compare returns the failures that are not in the baseline, and the entries of the baseline that
// no longer fail. Cases that were not played, or not exercised, are ignored.
func (b Baseline) Compare(r *Report, p Policy) (fresh, stale []Case) {
	for _, c := range r.Cases {
		known, listed := b[c.ID]
		switch fails := p.Fails(c); {
		case fails && (!listed || known != c.Class):
			fresh = append(fresh, c)
		case !fails && listed && (c.Result == check.Pass || c.Result == check.Warn):
			stale = append(stale, c)
		}
	}
	return fresh, stale
}
