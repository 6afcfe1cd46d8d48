package fakeserver

import "context"

// join counts the session among those of a user who exists, once it has named that user.
func (s *Session) join(name string) {
	if name == "" || name == s.joined && s.tenant != nil {
		return
	}
	s.joined = name
	if s.tenant != nil {
		s.tenant.leave(s)
		s.tenant, s.visit = nil, 0
	}
	t := s.server.users.tenant(name)
	if t == nil {
		return
	}
	t.join(s)
	s.tenant = t
	s.record.belongs(name, s.visit)
	t.news.tell()
}

// counted returns the number of the session for rules of a user: among the sessions of that user,
// or for "" of the server.
func (s *Session) counted(user string) int {
	if user == "" {
		return s.turn
	}
	return s.visit
}

// tell wakes those who wait for something in this session.
func (s *Session) tell() {
	s.server.news.tell()
	if s.tenant != nil {
		s.tenant.news.tell()
	}
}

// UserSessions returns the number of sessions of a user so far. A session is a user's from when it
// has named that user to the server.
func (s *Server) UserSessions(user string) int {
	t := s.users.tenant(user)
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// OpenSessions returns the number of open sessions of a user.
func (s *Server) OpenSessions(user string) int {
	t := s.users.tenant(user)
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

// UserSessionEnded reports whether the session of a user with this number, from 1, has ended.
func (s *Server) UserSessionEnded(user string, visit int) bool {
	t := s.users.tenant(user)
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for session := range t.open {
		if session.visit == visit {
			return false
		}
	}
	return visit <= t.count
}

// UserTranscripts is like Transcripts for the sessions of one user. lost is the number of ended
// sessions whose transcripts are no longer kept.
func (s *Server) UserTranscripts(user string) (all []Transcript, lost int) {
	t := s.users.tenant(user)
	if t == nil {
		return nil, 0
	}
	all = t.transcripts()
	t.mu.Lock()
	defer t.mu.Unlock()
	return all, t.ended.lost
}

// EndSessions ends the open sessions of a user, as Close does, and waits until they have ended. With
// visit it ends the user's session of this number only. It returns how many it has ended.
func (s *Server) EndSessions(ctx context.Context, user string, visit int) (int, error) {
	t := s.users.tenant(user)
	if t == nil {
		return 0, nil
	}
	var open []*Session
	t.mu.Lock()
	for session := range t.open {
		if visit == 0 || session.visit == visit {
			open = append(open, session)
		}
	}
	t.mu.Unlock()
	return len(open), s.endAll(ctx, open)
}

// ForgetSessions ends the open sessions of a user and forgets all of them, so that the next one is
// the first one.
func (s *Server) ForgetSessions(ctx context.Context, user string) error {
	t := s.users.tenant(user)
	if t == nil {
		return nil
	}
	open, octets := t.forget()
	s.archived.Add(-int64(octets))
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
	s.archived.Add(-int64(s.ended.octets))
	s.ended = archive{}
}

// endAll ends sessions and waits until they have ended, so that their maildrops are free.
func (s *Server) endAll(ctx context.Context, sessions []*Session) error {
	for _, session := range sessions {
		session.stop()
	}
	for _, session := range sessions {
		if err := s.WaitFor(ctx, Ended(session.number)); err != nil {
			return err
		}
	}
	return nil
}
