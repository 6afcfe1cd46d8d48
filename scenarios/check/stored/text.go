package stored

import (
	"fmt"
	"slices"
	"strings"
)

// Text is a message prepared for comparison: lines without line ends, without CR, since systems
// differ in it, without the quoting of From lines in an mbox, and without empty lines at the end.
type Text struct {
	key    string
	lines  []string
	header []string
	body   []string
	fields []string // the header without its folds
	split  bool     // an empty line ends the header
}

// Deviations returns the names of the changes that a client may declare: nul, it leaves out NUL
// octets; header, it replaces the header.
func Deviations() []string { return []string{"nul", "header"} }

// Prepare returns a message prepared for comparison, with allowance for deviations.
func Prepare(octets []byte, deviations ...string) Text {
	whole := strings.ReplaceAll(string(octets), "\r", "")
	if slices.Contains(deviations, "nul") {
		whole = strings.ReplaceAll(whole, "\x00", "")
	}
	if at := strings.Index(whole, "\n\n"); at >= 0 && slices.Contains(deviations, "header") {
		whole = whole[at+1:]
	}
	t := Text{lines: strings.Split(strings.TrimRight(whole, "\n"), "\n")}
	for i, l := range t.lines {
		if rest := strings.TrimLeft(l, ">"); strings.HasPrefix(rest, "From ") {
			t.lines[i] = rest
		}
	}
	t.key = strings.Join(t.lines, "\n")
	t.header = t.lines
	if i := slices.Index(t.lines, ""); i >= 0 {
		t.header, t.body, t.split = t.lines[:i], t.lines[i+1:], true
	}
	t.fields = unfolded(t.header)
	return t
}

// unfolded returns a header with each field on one line and one blank for several: clients that
// write a header anew fold its fields elsewhere. RFC 5322 section 2.2.3.
func unfolded(header []string) []string {
	var all []string
	for _, l := range header {
		if n := len(all); n > 0 && (strings.HasPrefix(l, " ") || strings.HasPrefix(l, "\t")) {
			all[n-1] += l
			continue
		}
		all = append(all, l)
	}
	for i, f := range all {
		begins := f[:len(f)-len(strings.TrimLeft(f, " \t"))]
		all[i] = begins + strings.Join(strings.Fields(f), " ")
	}
	return all
}

// Empty reports whether there is nothing in it.
func (t Text) Empty() bool { return t.key == "" }

// Key returns a string that is equal for texts that are equal without any allowance for header
// fields.
func (t Text) Key() string { return t.key }

// Holds reports whether the stored text t is the message that was sent: the body is the same, and
// the header has all lines that were sent, perhaps with fields that the client added.
func (t Text) Holds(sent Text) bool {
	switch {
	case t.key == sent.key:
		return true
	case sent.key == "":
		return strings.Join(t.body, "") == ""
	case !slices.Equal(trimmed(t.body), trimmed(sent.body)):
		return ends(t.lines, sent.lines) || ends(slices.Concat(t.header, t.body), sent.lines) ||
			sent.split && ends(slices.Concat(t.fields, t.body), slices.Concat(sent.fields, []string{""}, sent.body))
	}
	return t.hasHeader(sent.fields)
}

// ends reports whether stored ends with all lines of sent. It is for a message without a proper
// header: a client that needs a header adds one in front, or an empty line after the fields.
func ends(stored, sent []string) bool {
	at := len(stored) - len(sent)
	return at >= 0 && slices.Equal(stored[at:], sent)
}

// hasHeader reports whether these fields stand in the header, in their order.
func (t Text) hasHeader(fields []string) bool {
	left := t.fields
	for i, f := range fields {
		f = plain(f)
		at := slices.IndexFunc(left, func(own string) bool { return plain(own) == f })
		switch continuesNothing := i == 0 && strings.TrimLeft(f, " \t") != f; {
		case at >= 0:
			left = left[at+1:]
		case !droppable(f) && !continuesNothing:
			return false
		}
	}
	return true
}

// plain returns a header line without the parts that some clients remove.
func plain(line string) string {
	return strings.TrimRight(strings.ReplaceAll(line, "\x00", ""), " \t")
}

// droppable reports whether a header line is about the delivery of a message, not about the
// message: clients that deliver mail remove or replace such lines.
func droppable(line string) bool {
	lower := strings.ToLower(line)
	return lower == "" || slices.ContainsFunc([]string{"from ", "status:", "x-status:", "x-mozilla-status:", "return-path:", "delivered-to:", "bcc:"},
		func(p string) bool { return strings.HasPrefix(lower, p) })
}

func trimmed(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	return lines
}

// telling is the length from which on a line identifies its message.
const telling = 12

// Resembles returns how many lines of sent are in t, at least in part.
func (t Text) Resembles(sent Text) int {
	own := map[string]bool{}
	for _, l := range t.lines {
		own[l] = true
	}
	n := 0
	for _, l := range sent.lines {
		if len(l) >= telling && own[l] {
			n++
		}
	}
	if n == 0 && len(sent.key) < 5*telling { // it is too short to have such lines
		for _, l := range sent.lines {
			if l != "" && own[l] {
				n++
			}
		}
		if 2*n < len(sent.lines)-1 {
			n = 0
		}
	}
	first := t.lines[0] // all that is left of a message that was cut in its first line
	if n == 0 && len(first) >= telling && strings.HasPrefix(sent.key, first) {
		n = 1
	}
	return n
}

// Difference describes in one line the first difference between the stored text t and what was
// sent.
func (t Text) Difference(sent Text) string {
	own, served, part := t.lines, sent.lines, "line"
	if body, sentBody := trimmed(t.body), trimmed(sent.body); t.split && sent.split && !slices.Equal(body, sentBody) {
		own, served, part = body, sentBody, "line of the body"
	}
	for i, l := range served {
		switch {
		case i >= len(own):
			return fmt.Sprintf("%d lines are stored, %d were sent", len(own), len(served))
		case own[i] != l:
			return fmt.Sprintf("%s %d is %q, but %q was sent", part, i+1, clipped(own[i]), clipped(l))
		}
	}
	if len(own) <= len(served) {
		return "" // nothing but empty lines
	}
	return fmt.Sprintf("after what was sent comes %q", clipped(strings.Join(own[len(served):], "\n")))
}

func clipped(line string) string {
	const most = 60
	if len(line) > most {
		return line[:most] + "..."
	}
	return line
}
