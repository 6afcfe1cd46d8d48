package fakeserver

import (
	"context"
	"slices"
	"time"
)

// UserSessions returns the number of sessions of a user so far. A session is a user's from when it
// has named that user to the server.
func (s *Server) UserSessions(user string) int {
	t := s.tenants.get(user)
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// OpenSessions returns the number of open sessions of a user.
func (s *Server) OpenSessions(user string) int {
	t := s.tenants.get(user)
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

// UserSessionEnded reports whether the session of a user with this number, from 1, has ended.
func (s *Server) UserSessionEnded(user string, visit int) bool {
	t := s.tenants.get(user)
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, number := range t.open {
		if number == visit {
			return false
		}
	}
	return visit <= t.count
}

// UserTranscripts is like Transcripts for the sessions of one user. lost is the number of ended
// sessions whose transcripts are no longer kept.
func (s *Server) UserTranscripts(user string) (all []Transcript, lost int) {
	t := s.tenants.get(user)
	if t == nil {
		return nil, 0
	}
	journals, lost := t.journals()
	for i := range journals {
		all = append(all, journals[i].transcript())
	}
	return all, lost
}

// Visit summarizes a session of a user.
type Visit struct {
	Number   int // among the sessions of the user, from 1
	Remote   string
	Started  time.Time
	Ended    time.Time // zero while the session is open
	Commands int       // number of commands received
	Rules    int       // number of answers by rules
}

// UserVisits returns the sessions of a user whose transcripts UserTranscripts returns.
func (s *Server) UserVisits(user string) (all []Visit) {
	t := s.tenants.get(user)
	if t == nil {
		return nil
	}
	journals, _ := t.journals()
	for i := range journals {
		j := &journals[i]
		all = append(all, Visit{j.head.Visit, j.head.Remote, j.head.Started, j.head.Ended, j.heard, j.fired})
	}
	return all
}

// UserTranscript returns the transcript of the session of a user with this number, if it is kept.
func (s *Server) UserTranscript(user string, visit int) (Transcript, bool) {
	t := s.tenants.get(user)
	if t == nil {
		return Transcript{}, false
	}
	journals, _ := t.journals()
	for i := range journals {
		if journals[i].head.Visit == visit {
			return journals[i].transcript(), true
		}
	}
	return Transcript{}, false
}

// EndSessions ends the open sessions of a user, as Close does, and waits until they have ended.
// With visit it ends the user's session of this number only. It returns how many it has ended.
func (s *Server) EndSessions(ctx context.Context, user string, visit int) (int, error) {
	t := s.tenants.get(user)
	if t == nil {
		return 0, nil
	}
	open := t.numbers(visit)
	return len(open), s.endAll(ctx, open)
}

// ForgetSessions ends the open sessions of a user and forgets all of them, so that the next one is
// the first one.
func (s *Server) ForgetSessions(ctx context.Context, user string) error {
	t := s.tenants.get(user)
	if t == nil {
		return nil
	}
	open := t.numbers(0)
	t.forget(&s.shelf)
	t.news.tell()
	return s.endAll(ctx, open)
}

// Restart makes all rules count from the beginning, and the next session the first one for those
// without a user. Sessions of no user are forgotten; those of users are for ForgetSessions.
func (s *Server) Restart() {
	s.RestartRules("")
	for _, user := range s.Users() {
		s.RestartRules(user)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before.Store(int64(s.count))
	s.strangers.forget(&s.shelf)
}

// endAll ends the sessions with these numbers and waits until they have ended, so that their
// maildrops are free.
func (s *Server) endAll(ctx context.Context, numbers []int) error {
	s.mu.Lock()
	for session := range s.sessions {
		if slices.Contains(numbers, session.number) {
			session.stop()
		}
	}
	s.mu.Unlock()
	for _, number := range numbers {
		if err := s.WaitFor(ctx, Ended(number)); err != nil {
			return err
		}
	}
	return nil
}
