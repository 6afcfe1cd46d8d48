package check

import (
	"fmt"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// Line is a line of a transcript in a report.
type Line struct {
	Text  string `json:"text"`
	Fault bool   `json:"fault,omitempty"` // the fault of the case is here
	Shows bool   `json:"shows,omitempty"` // the verdict is about this line
}

// around is the number of lines shown before and after a line that matters.
const around = 7

// excerpt returns the part of the transcripts that shows a finding, with marks on the fault and on
// the line that the finding is about.
func (e *evidence) excerpt(f finding) []Line {
	var all []Line
	for i := range e.sessions {
		s := &e.sessions[i]
		if len(e.sessions) > 1 {
			all = append(all, Line{Text: fmt.Sprintf("(session %d)", s.Session)})
		}
		fault := false
		for n, text := range s.Lines {
			if command, ok := strings.CutPrefix(text, "C: "); ok {
				fault = e.faultAt(command, s.Session)
			} else if n == 0 {
				fault = e.faultAt("CONNECT", s.Session)
			}
			l := Line{Text: text, Fault: fault}
			l.Shows = s.Session == f.session && f.line != "" && strings.HasPrefix(text, f.line)
			all = append(all, l)
		}
		if s.cutHere {
			all = append(all, Line{Text: fmt.Sprintf("[the connection: %s after %d octets]", e.c.cut.How, e.c.cut.At), Fault: true})
		}
	}
	return shortened(all)
}

// faultAt reports whether a rule of the scenario is about a command.
func (e *evidence) faultAt(command string, session int) bool {
	for _, r := range e.c.scenario.Rules {
		verb, args, _ := strings.Cut(r.On, " ")
		given, rest, _ := strings.Cut(command, " ")
		if r.Session != 0 && r.Session != session || verb != "*" && !strings.EqualFold(verb, given) {
			continue
		}
		if args == "" || edit.Glob(args, rest) {
			return true
		}
	}
	return false
}

// shortened keeps the lines around the marked ones, and the last lines.
func shortened(all []Line) []Line {
	keep := make([]bool, len(all))
	mark := func(at int) {
		for i := max(at-around, 0); i <= min(at+around, len(all)-1); i++ {
			keep[i] = true
		}
	}
	marked := 0
	for i, l := range all {
		if (l.Fault || l.Shows) && marked < 6 {
			marked++
			mark(i)
		}
	}
	mark(len(all) - 1)
	var out []Line
	left := 0
	for i, l := range all {
		switch {
		case keep[i]:
			if left > 0 {
				out = append(out, Line{Text: fmt.Sprintf("[%d lines left out]", left)})
				left = 0
			}
			out = append(out, l)
		default:
			left++
		}
	}
	return out
}
