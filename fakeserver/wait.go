package fakeserver

import (
	"context"
	"fmt"
)

// Condition is what WaitFor waits for.
type Condition struct {
	// What in words, for the error.
	What string
	// Met is asked each time that a command comes, a session ends or mail changes. It
	// may ask the server anything.
	Met func(s *Server) bool

	drop *Maildrop // whose mail it is about, nil: that of sessions only
}

// Received is met when a command that matches has come, before it is answered; with
// Nth when that many have. Commands from before count, as long as their transcripts
// are kept. When is not looked at.
func Received(m Match) Condition {
	return Condition{What: m.String(), Met: func(s *Server) bool { return s.received(m) >= max(m.Nth, 1) }}
}

// Ended is met when a session is over, and what it deleted is gone.
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
	return Condition{What: fmt.Sprintf("a maildrop with %d messages", count), drop: drop,
		Met: func(*Server) bool { return len(drop.Messages()) == count }}
}

// WaitFor returns when the condition is met, which it may be already. Its error is
// that of ctx when that ends first, and says what was waited for.
func (s *Server) WaitFor(ctx context.Context, c Condition) error {
	defer s.news.wait()()
	mail := &s.news
	if c.drop != nil {
		mail = &c.drop.news
		defer mail.wait()()
	}
	for {
		sessions, changes := s.news.next(), mail.next()
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
