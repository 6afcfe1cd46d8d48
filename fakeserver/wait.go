package fakeserver

import (
	"context"
	"fmt"
)

// Condition is an event that WaitFor waits for.
type Condition struct {
	// What describes the event, for the error.
	What string
	// Met reports whether the event has happened. It is called each time that a command
	// arrives, a session ends or mail changes, and may call any method of the server.
	Met func(s *Server) bool
	// User restricts the commands and ends of sessions that Met depends on to those of this user.
	// Default: all.
	User string
	// Maildrop is a maildrop that Met depends on and that may change outside of sessions, or nil.
	Maildrop *Maildrop

	match Match // of Received
}

// Received is met when a matching command has arrived, before it is answered; with Nth set, when
// that many have arrived. Earlier commands count as long as their transcripts are kept. With User
// set, Session counts the sessions of that user. The field When is ignored.
func Received(m Match) Condition {
	return Condition{What: m.String(), User: m.User, match: m, Met: func(s *Server) bool { return s.received(m) >= max(m.Nth, 1) }}
}

// Ended is met when a session has ended and its deletions are done.
func Ended(session int) Condition {
	return Condition{What: fmt.Sprintf("the end of session %d", session), Met: func(s *Server) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for open := range s.sessions {
			if open.number == session {
				return false
			}
		}
		return session <= s.count
	}}
}

// Holds is met when a maildrop has count messages.
func Holds(drop *Maildrop, count int) Condition {
	return Condition{What: fmt.Sprintf("a maildrop with %d messages", count), Maildrop: drop,
		Met: func(*Server) bool { return len(drop.Messages()) == count }}
}

// WaitFor waits until the condition is met. If ctx ends first, it returns an error that names the
// condition and wraps the cause. A command that no client can send is an error at once.
func (s *Server) WaitFor(ctx context.Context, c Condition) error {
	if err := c.match.check(s.words); err != nil {
		return fmt.Errorf("waiting for %s: %w", c.What, err)
	}
	news := &s.news
	if t := s.tenants.get(c.User); t != nil {
		news = &t.news
	}
	defer news.wait()()
	mail := news
	if c.Maildrop != nil {
		mail = &c.Maildrop.news
		defer mail.wait()()
	}
	for {
		sessions, changes := news.next(), mail.next()
		if c.Met(s) {
			return nil
		}
		select {
		case <-sessions:
		case <-changes:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", c.What, context.Cause(ctx))
		}
	}
}
