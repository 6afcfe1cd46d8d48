package fakeserver

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"pop3mtm/fakeserver/notation"
)

// Transcript holds the traffic of one connection in the notation of the RFCs: lines that begin with
// "S: " or "C: ". Octets that are not text are escaped as in Go (\x00, \r, \n), passwords are
// masked, and long bodies are replaced by their octet count. Lines in brackets are remarks.
type Transcript struct {
	Session int // counted from 1
	Remote  string
	Started time.Time
	Ended   time.Time // zero while the session is open
	// User is the user whom the session named last, if that user exists, and Visit the number of
	// the session among those of that user, from 1.
	User  string
	Visit int
	Lines []string
	// Marks say when lines came, if Options.Timed is set, and which rules have fired, in order.
	Marks []Mark
	// Commands holds the client's commands in order, as long as there is room.
	Commands []Command
	// LeftOut counts the lines left out for lack of room.
	LeftOut int
	// Before is the maildrop at login, and After at the end of the session, with Options.Timed; nil
	// where the session did not get so far. They are not to be changed.
	Before, After *Snapshot
}

func (t Transcript) String() string { return strings.Join(t.Lines, "\n") }

// Mark is about the line of a transcript with this index, and about what follows it. A rule stands
// before the line that is the answer to it, also when there is no answer.
type Mark struct {
	Line int
	At   time.Duration // since the session began; 0 without Options.Timed
	// Rule and Fault are the texts of Rule.Named; they are empty when the mark is only about time.
	Rule, Fault string
}

// transcriptsOf returns the transcripts of sessions, in the order of connecting.
func transcriptsOf(all []journal) []Transcript {
	slices.SortFunc(all, func(a, b journal) int { return a.head.Session - b.head.Session })
	var found []Transcript
	for i := range all {
		found = append(found, all[i].transcript())
	}
	return found
}

func (j *journal) transcript() Transcript {
	t := j.head
	var text []byte
	var ends []int
	for _, e := range j.entries(0) {
		if e.is(marked) || e.kind&kindOnly == ruled {
			t.Marks = append(t.Marks, j.mark(e, len(ends)))
		}
		if e.command.State != 0 && !e.is(uncounted) {
			e.command.line = len(ends)
			t.Commands = append(t.Commands, e.command)
		}
		if e.shown() {
			text = e.line(text)
			ends = append(ends, len(text))
		}
	}
	if len(j.partial) > 0 {
		text = (&entry{kind: fromServer, text: string(j.partial)}).line(text)
		ends = append(ends, len(text))
	}
	t.Lines = cut(string(text), ends)
	return t
}

// cut returns the parts of a text between these places.
func cut(text string, ends []int) []string {
	var parts []string
	before := 0
	for _, end := range ends {
		parts = append(parts, text[before:end])
		before = end
	}
	return parts
}

// mark returns the Mark that an entry makes before a line.
func (j *journal) mark(e *entry, line int) Mark {
	m := Mark{Line: line, At: e.at}
	if e.kind&kindOnly == ruled {
		m.Rule, m.Fault = j.rules[e.number].about()
	}
	return m
}

// shown reports whether the entry is a line of a transcript.
func (e *entry) shown() bool { return e.kind&kindOnly != ruled && !e.is(unshown) }

// line appends the line of a transcript.
func (e *entry) line(to []byte) []byte {
	switch e.kind & kindOnly {
	case fromServer:
		return notation.Escape(append(to, "S: "...), e.text)
	case fromClient, garbled, responded:
		return notation.Escape(append(to, "C: "...), e.text)
	case bodySent:
		return append(strconv.AppendInt(append(to, "S: ["...), int64(e.number), 10), " octets]"...)
	case bodyHeard:
		return append(strconv.AppendInt(append(to, "C: ["...), int64(e.number), 10), " octets]"...)
	case remark:
		return append(append(append(to, '['), e.text...), ']')
	}
	return to
}

// matching returns the number of commands that match.
func (j *journal) matching(m Match, session int) (count int) {
	for _, e := range j.entries(0) {
		if e.command.State != 0 && !e.is(uncounted) && m.Matches(session, e.command) {
			count++
		}
	}
	return count
}
