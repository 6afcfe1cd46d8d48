package fakeserver

import (
	"context"
	"errors"
	"time"
)

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	SessionBegun EventKind = "session" // a session that names the user has begun
	LineSent     EventKind = "line"    // a line of its transcript is complete
	RuleFired    EventKind = "rule"    // a rule answers the previous line
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
	// At is the time since the session began. It is 0 for a line whose time is unknown.
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
	octets, lines int
	begun, ended  bool
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
	journals, _ := f.tenant.journals()
	known := map[int]*place{}
	for i := range journals {
		j := &journals[i]
		at := f.seen[j.head.Session]
		if at == nil {
			at = &place{}
		}
		known[j.head.Session] = at
		all = at.advance(all, j)
	}
	f.seen = known
	return all
}

// advance adds what a journal has after a place.
func (at *place) advance(all []Event, j *journal) []Event {
	session, visit := j.head.Session, j.head.Visit
	if !at.begun {
		at.begun = true
		all = append(all, Event{Kind: SessionBegun, Session: session, Visit: visit})
	}
	for octets, e := range j.entries(at.octets) {
		at.octets = octets
		switch {
		case e.kind&kindOnly == ruled:
			m := j.mark(e, at.lines)
			all = append(all, Event{Kind: RuleFired, Session: session, Visit: visit, Line: m.Line, At: m.At, Rule: m.Rule, Fault: m.Fault})
		case e.shown():
			all = append(all, Event{Kind: LineSent, Session: session, Visit: visit, Line: at.lines, At: e.at, Text: string(e.line(nil))})
			at.lines++
		}
	}
	if !j.head.Ended.IsZero() && !at.ended {
		at.ended = true
		all = append(all, Event{Kind: SessionEnded, Session: session, Visit: visit, At: j.head.Ended.Sub(j.head.Started)})
	}
	return all
}
