package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/scenarios/check"
)

// Baseline holds the failures that are known.
type Baseline []Known

// Known is a known failure, or several of the same class.
type Known struct {
	Cases string // an id, in which * stands for any text
	Class check.Class
}

// String returns the entry as it is written.
func (k Known) String() string { return k.Cases + " " + string(k.Class) }

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
			b = append(b, Known{c.ID, c.Class})
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
			b = append(b, Known{fields[0], check.Class(fields[1])})
		default:
			return nil, fmt.Errorf("line %d: write the id of a case and its class", n)
		}
	}
	return b, lines.Err()
}

// Compare returns the failures that are not in the baseline, and the entries of the baseline that
// no longer fail. Cases that were not played, or not exercised, are ignored.
func (b Baseline) Compare(r *Report, p Policy) (fresh []Case, stale []Known) {
	fails, passes := make([]bool, len(b)), make([]bool, len(b))
	for _, c := range r.Cases {
		failing, listed := p.Fails(c), false
		for i, k := range b {
			if !edit.Glob(k.Cases, c.ID) {
				continue
			}
			if failing {
				listed = listed || k.Class == c.Class
				fails[i] = true
			}
			passes[i] = passes[i] || c.Result == check.Pass || c.Result == check.Warn
		}
		if failing && !listed {
			fresh = append(fresh, c)
		}
	}
	for i, k := range b {
		if passes[i] && !fails[i] {
			stale = append(stale, k)
		}
	}
	return fresh, stale
}
