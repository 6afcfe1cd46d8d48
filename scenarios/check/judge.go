package check

import (
	"fmt"
	"slices"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

// finding describes one violation of an invariant.
type finding struct {
	class   Class
	why     string
	session int    // the session that shows it, or 0
	line    string // the line of the transcript that shows it, or ""
	detail  string // where stored and served mail differ
	uid     string // the unique-id of the message, or "" when it is not known
}

// judge returns all violations, the worst first.
func (e *evidence) judge() []finding {
	var found []finding
	h := e.compare()
	halves := e.halves(h)
	found = append(found, e.lost(h, halves)...)
	found = append(found, e.leaked()...)
	if e.c.kill == nil { // a client that is killed may leave a message half written
		found = append(found, e.claimed...)
		found = append(found, halves...)
	}
	found = append(found, e.ended()...)
	found = append(found, e.doubles(h)...)
	found = append(found, e.quits()...)
	found = append(found, e.silence()...)
	found = slices.DeleteFunc(found, func(f finding) bool { return e.c.accepts(f.class) })
	slices.SortStableFunc(found, func(a, b finding) int { return rank(a.class) - rank(b.class) })
	return found
}

// lost finds messages that the client deleted and that are neither in the mailbox nor stored, not
// even in part.
func (e *evidence) lost(h *holding, halves []finding) []finding {
	var found []finding
	for _, l := range e.letters() {
		if !e.gone(l) || h.have[l] || slices.ContainsFunc(halves, func(f finding) bool { return f.uid == l.uid || f.uid == "" }) {
			continue
		}
		at, asked, quit := e.deletions(l.uid)
		if asked == 0 || asked < e.goneOf(l.uid) {
			continue // the server may have removed it
		}
		one := finding{class: Lost, session: at, line: "C: DELE", why: fmt.Sprintf("message %s was deleted by DELE and QUIT and is not stored", l.uid)}
		if e.c.kill != nil {
			one.class = Early
			one.why = fmt.Sprintf("message %s was deleted on the server before it was stored: the client was killed at the reply to %s", l.uid, e.c.kill.verb)
		} else if !quit {
			continue
		}
		found = append(found, one)
	}
	return found
}

// goneOf counts the contents of a message that are no longer in the mailbox.
func (e *evidence) goneOf(uid string) int {
	n := 0
	for i := range e.mail[uid] {
		if e.gone(letter{uid, i}) {
			n++
		}
	}
	return n
}

// deletions returns the last session in which the client asked for the deletion of a message, the
// number of such sessions, and whether it sent QUIT in one of them.
func (e *evidence) deletions(uid string) (at, asked int, quit bool) {
	for i := range e.sessions {
		s := &e.sessions[i]
		if slices.ContainsFunc(s.Commands, func(c fakeserver.Command) bool { return c.Verb == "DELE" && c.Message == uid }) {
			at, asked, quit = s.Session, asked+1, quit || s.sent("QUIT")
		}
	}
	return at, asked, quit
}

// leaked finds secrets that a client sent without TLS, or to a wrong server, although it is set to
// use TLS.
func (e *evidence) leaked() []finding {
	if e.mode == PlainLine {
		return nil
	}
	certificate := e.c.scenario.Settings.Certificate
	for i := range e.sessions {
		s := &e.sessions[i]
		good := certificate == "" || certificate == "good"
		if line := s.leaks(good); line != "" {
			why := "the password was sent without TLS, by a client that is set to use TLS"
			if !good {
				why = fmt.Sprintf("the password was sent to a server whose certificate is %s", strings.ReplaceAll(string(certificate), "-", " "))
			}
			return []finding{{class: Leak, why: why, session: s.Session, line: line}}
		}
	}
	return nil
}

// halves finds stored messages that were never sent in that form.
func (e *evidence) halves(h *holding) []finding {
	var found []finding
	var texts, parts []candidate
	for _, i := range h.bad {
		m := e.stored[i]
		if texts == nil {
			texts, parts = e.candidates(), e.parts()
		}
		text := stored.Prepare(m.Octets, e.learned.Deviations...)
		nearest := resembled(text, texts)
		if nearest == nil {
			nearest = resembled(text, parts)
		}
		if nearest == nil && (m.Loose && !e.learned.isMessage(m.Name) || text.Empty()) {
			continue // perhaps a file of the client's own
		}
		one := finding{class: Half, why: fmt.Sprintf("%s is stored as a message, and was never sent in that form", m.Name)}
		if nearest != nil {
			one.why = fmt.Sprintf("%s is not what was sent", m.Name)
			if nearest.uid != "" {
				one.why = fmt.Sprintf("%s is not message %s as it was sent", m.Name, nearest.uid)
			}
			one.detail, one.uid = text.Difference(nearest.text), nearest.uid
			one.session, one.line = e.retrieval(nearest.uid)
		}
		if slices.ContainsFunc(parts, func(p candidate) bool { return p.text.Key() == text.Key() }) {
			one.detail = strings.TrimPrefix(one.detail+"; no line with a dot alone had come after it", "; ")
		}
		found = append(found, one)
	}
	return found
}

// claim looks for incomplete messages after a visit that reported success. The next visit may
// repair them, but nobody knows that it is needed.
func (e *evidence) claim(end process.Ending) {
	if e.c.kill != nil || !e.learned.Can(scenarios.Statuses) || end.Status != 0 || end.Hung != "" || end.Killed {
		return
	}
	for _, f := range e.halves(e.compare()) {
		f.why += fmt.Sprintf(", and visit %d ended with exit status 0", len(e.endings))
		e.claimed = append(e.claimed, f)
	}
}

// parts returns the messages of which only the beginning arrived.
func (e *evidence) parts() []candidate {
	var all []candidate
	for i := range e.sessions {
		for _, r := range e.sessions[i].replies() {
			if r.to.Verb == "RETR" && !r.whole {
				all = append(all, candidate{r.to.Message, anyContent, stored.Prepare(r.body, e.learned.Deviations...)})
			}
		}
	}
	return all
}

// resembled returns the message that a text has the most lines of, or nil.
func resembled(text stored.Text, all []candidate) *candidate {
	var best *candidate
	most := 0
	for i := range all {
		if n := text.Resembles(all[i].text); n > most || n == most && n > 0 && best.uid == "" {
			best, most = &all[i], n
		}
	}
	return best
}

// retrieval returns the first session that fetched a message, and the line that asked for it.
func (e *evidence) retrieval(uid string) (int, string) {
	for i := range e.sessions {
		for _, c := range e.sessions[i].Commands {
			if c.Verb == "RETR" && c.Message == uid {
				return e.sessions[i].Session, "C: " + c.String()
			}
		}
	}
	return 0, ""
}

// ended finds visits that did not end, and visits that ended by a crash.
func (e *evidence) ended() []finding {
	var found []finding
	last := 0
	if n := len(e.sessions); n > 0 {
		last = e.sessions[n-1].Session
	}
	for i, end := range e.endings {
		switch abort := aborted(end); {
		case end.Hung != "":
			found = append(found, finding{class: Hang, session: last, why: fmt.Sprintf("visit %d: %s", i+1, end.Hung)})
		case end.Signal != "":
			found = append(found, finding{class: Crash, session: last, why: fmt.Sprintf("visit %d was ended by a signal: %s", i+1, end.Signal)})
		case abort != "":
			found = append(found, finding{class: Crash, session: last, why: fmt.Sprintf("visit %d was aborted by its runtime: %s", i+1, abort)})
		}
	}
	return found
}

// doubles finds messages that are stored more than once.
func (e *evidence) doubles(h *holding) []finding {
	if e.learned.Doubles {
		return nil // it does so without any fault too: it is designed that way
	}
	for i, again := range h.copies {
		if again {
			return []finding{{class: Doubled, why: e.stored[i].Name + " holds a message that is stored already"}}
		}
	}
	return nil
}

// quits finds sessions that ended without QUIT although nothing had gone wrong.
func (e *evidence) quits() []finding {
	hung := slices.ContainsFunc(e.endings, func(end process.Ending) bool { return end.Hung != "" })
	if e.c.Severity == Tolerance || e.c.kill != nil || hung {
		return nil // after an invalid reply a client may do what it likes
	}
	for i := range e.sessions {
		if s := &e.sessions[i]; !s.sent("QUIT") && s.inOrder() {
			return []finding{{class: NoQuit, session: s.Session, line: "[closed by the client]", why: fmt.Sprintf("nothing went wrong in session %d, and the client closed it without QUIT", s.Session)}}
		}
	}
	return nil
}

// silence finds visits that left mail behind and reported success.
func (e *evidence) silence() []finding {
	if !e.exercised || e.c.Severity != Must || !e.learned.Can(scenarios.Statuses) {
		return nil
	}
	for i, missing := range e.missing {
		end := e.endings[i]
		if end.Started && end.Status == 0 && end.Hung == "" && !end.Killed && missing > 0 {
			return []finding{{class: Silent, why: fmt.Sprintf("visit %d left %d messages in the mailbox that it had not stored, and ended with exit status 0", i+1, missing)}}
		}
	}
	return nil
}

// aborted returns the line with which a runtime reports that it aborted the program, or "". It
// looks for panics and damaged memory. An exception that the program did not catch is an error
// message like any other.
func aborted(e process.Ending) string {
	if e.Status == 0 {
		return ""
	}
	for _, sign := range []struct{ first, second string }{
		{"panic: ", "goroutine "},
		{"fatal error: ", "goroutine "},
		{"Fatal Python error: ", ""},
		{"FATAL ERROR: ", "JavaScript"},
		{"thread '", "panicked at"},
		{"==ERROR: AddressSanitizer", ""},
	} {
		at := strings.Index(e.Output, sign.first)
		if at >= 0 && strings.Contains(e.Output[at:], sign.second) {
			line, _, _ := strings.Cut(e.Output[at:], "\n")
			return line
		}
	}
	return ""
}
