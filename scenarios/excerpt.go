package scenarios

import (
	"fmt"
	"strings"

	"pop3mtm/fakeserver"
)

// A failure shows this number of lines of the transcript before and after the command that it is
// about.
const (
	linesBefore = 4
	linesAfter  = 3
)

// show adds the part of the transcript around a command; when the command is missing, the end of
// the last session.
func (f *Failure) show(transcripts []fakeserver.Transcript, at *heard) {
	if len(transcripts) == 0 {
		return
	}
	t, about := &transcripts[len(transcripts)-1], -1
	end := len(t.Lines)
	begin := end - linesBefore - linesAfter
	if at != nil {
		t, about = &transcripts[at.transcript], at.Line()
		begin, end = about-linesBefore, about+1+linesAfter
	}
	begin, end = max(0, begin), min(end, len(t.Lines))
	f.Session = t.Session
	if begin > 0 {
		f.Transcript = append(f.Transcript, "  ...")
	}
	marks := t.Marks
	for i := range end {
		for len(marks) > 0 && marks[0].Line <= i {
			if m := marks[0]; i >= begin && m.Rule != "" {
				f.Transcript = append(f.Transcript, fmt.Sprintf("  [rule %s: %s]", m.Rule, m.Fault))
			}
			marks = marks[1:]
		}
		if i < begin {
			continue
		}
		mark := "  "
		if i == about {
			mark = "> "
		}
		f.Transcript = append(f.Transcript, mark+clipped(t.Lines[i]))
	}
	if end < len(t.Lines) {
		f.Transcript = append(f.Transcript, "  ...")
	}
}

// around returns the transcript as part of the error text.
func (f *Failure) around() string {
	if len(f.Transcript) == 0 {
		return ""
	}
	return fmt.Sprintf("\ntranscript of session %d:\n  %s", f.Session, strings.Join(f.Transcript, "\n  "))
}
