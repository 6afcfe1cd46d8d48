package fakeserver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	SessionBegun EventKind = "session" // a session has named the user
	LineSent     EventKind = "line"    // a line of its transcript is complete
	RuleFired    EventKind = "rule"    // a rule answers the line before
	SessionEnded EventKind = "end"
)

// Event is something that has happened in a session of a user.
type Event struct {
	Kind    EventKind
	Session int // the number of the session, as Transcript.Session
	Visit   int // its number among those of the user
	// Line is the index of the line in the transcript, and Text the line.
	Line int
	Text string
	// At is the time since the session began, of lines only when it is known.
	At time.Duration
	// Rule and Fault are those of a Mark.
	Rule, Fault string
}

// Follower reads what happens in the sessions of one user, in order, from their transcripts. A slow
// Follower delays nobody: its next read returns more, without what the server no longer keeps. Its
// methods are for one goroutine.
type Follower struct {
	server *Server
	user   string
	tenant *tenant
	seen   map[int]*place // by the number of the session
}

// place is how far a Follower has read a session.
type place struct {
	lines, octets, marks int
	ended                bool
}

// Follow returns a Follower that begins with the sessions that are known already;
// nil for an unknown user.
func (s *Server) Follow(user string) *Follower {
	t := s.tenants.get(user)
	if t == nil {
		return nil
	}
	return &Follower{server: s, user: user, tenant: t, seen: map[int]*place{}}
}

// Skip passes over all that has happened so far.
func (f *Follower) Skip() { f.read() }

// Next returns what has happened since the last call; if that is nothing, it waits for more. It
// returns the error of ctx when that ends first, and another when the user was removed.
func (f *Follower) Next(ctx context.Context) ([]Event, error) {
	defer f.tenant.news.wait()()
	for {
		changed := f.tenant.news.next()
		if all := f.read(); len(all) > 0 {
			return all, nil
		}
		if f.server.tenants.get(f.user) != f.tenant {
			return nil, errors.New("the user was removed")
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// read returns the events since the last call.
func (f *Follower) read() (all []Event) {
	t := f.tenant
	t.mu.Lock()
	defer t.mu.Unlock()
	known := map[int]*place{}
	for i := range t.ended.kept {
		done := &t.ended.kept[i]
		at := f.at(done.Session, known)
		if !at.ended {
			all = at.finished(all, done)
		}
	}
	open := slices.Collect(maps.Keys(t.open))
	slices.SortFunc(open, func(a, b *recorder) int { return cmp.Compare(t.open[a], t.open[b]) })
	for _, r := range open {
		all = r.since(f.at(r.number(), known), t.open[r], all)
	}
	f.seen = known
	return all
}

func (f *Follower) at(session int, known map[int]*place) *place {
	at := f.seen[session]
	if at == nil {
		at = &place{lines: -1}
	}
	known[session] = at
	return at
}

// begin adds the beginning of a session, once.
func (at *place) begin(all []Event, session, visit int) []Event {
	if at.lines >= 0 {
		return all
	}
	at.lines = 0
	return append(all, Event{Kind: SessionBegun, Session: session, Visit: visit})
}

// finished adds the rest of a session that has ended.
func (at *place) finished(all []Event, t *Transcript) []Event {
	all = at.begin(all, t.Session, t.Visit)
	all = at.advance(all, Event{Session: t.Session, Visit: t.Visit}, t.Lines[min(at.lines, len(t.Lines)):], t.Marks[min(at.marks, len(t.Marks)):])
	at.ended = true
	return append(all, Event{Kind: SessionEnded, Session: t.Session, Visit: t.Visit, At: t.Ended.Sub(t.Started)})
}

// since adds what was recorded after a place.
func (r *recorder) since(at *place, visit int, all []Event) []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	all = at.begin(all, r.head.Session, visit)
	var lines []string
	for rest := r.text[at.octets:]; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		lines = append(lines, string(rest[:end]))
		rest = rest[end+1:]
	}
	at.octets = len(r.text)
	return at.advance(all, Event{Session: r.head.Session, Visit: visit}, lines, marksOf(r.marks[min(at.marks, len(r.marks)):]))
}

// advance adds new lines, and before each its marks.
func (at *place) advance(all []Event, event Event, lines []string, marks []Mark) []Event {
	for i := 0; ; i++ {
		event.At = 0
		for len(marks) > 0 && marks[0].Line <= at.lines {
			m := marks[0]
			marks = marks[1:]
			at.marks++
			event.At = m.At
			if m.Rule != "" {
				fired := event
				fired.Kind, fired.Line, fired.Rule, fired.Fault = RuleFired, m.Line, m.Rule, m.Fault
				all = append(all, fired)
			}
		}
		if i == len(lines) {
			return all
		}
		line := event
		line.Kind, line.Line, line.Text = LineSent, at.lines, lines[i]
		all = append(all, line)
		at.lines++
	}
}
