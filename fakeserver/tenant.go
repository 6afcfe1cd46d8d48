package fakeserver

import (
	"slices"
	"sync"
)

// tenant holds the sessions of one user, so that a suite that shares a server can give each of its
// tests a user of its own.
type tenant struct {
	mu    sync.Mutex
	count int // sessions so far, open ones included
	open  map[*Session]struct{}
	ended archive
	news  signal // commands, replies and ends of these sessions
}

// join takes a session in, and gives it its number among the tenant's.
func (t *tenant) join(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[*Session]struct{}{}
	}
	t.open[s] = struct{}{}
	t.count++
	s.visit = t.count
}

// leave lets a session go that has named another user.
func (t *tenant) leave(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, s)
}

// end keeps the transcript of a session that has ended, unless the session was forgotten. It
// returns the octets that it keeps.
func (t *tenant) end(s *Session, done Transcript) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ours := t.open[s]; !ours {
		return 0
	}
	delete(t.open, s)
	return t.ended.add(done)
}

// transcripts returns copies of the transcripts of all sessions, in the order of joining.
func (t *tenant) transcripts() []Transcript {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.ended.copies()
	for session := range t.open {
		all = append(all, session.record.transcript())
	}
	slices.SortFunc(all, func(a, b Transcript) int { return a.Visit - b.Visit })
	return all
}

// received returns the number of commands that match, in sessions whose transcripts are kept. Those
// before the user was named count too.
func (t *tenant) received(m Match) (count int) {
	m.User = ""
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.ended.kept {
		count += matching(m, one.Visit, one.Commands)
	}
	for session := range t.open {
		count += session.record.matching(m, session.visit)
	}
	return count
}

// forget forgets all sessions. It returns those that are open, and the octets that were kept.
func (t *tenant) forget() (open []*Session, octets int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for session := range t.open {
		open = append(open, session)
	}
	octets = t.ended.octets
	t.open, t.ended, t.count = nil, archive{}, 0
	return open, octets
}

func matching(m Match, session int, commands []Command) (count int) {
	for _, c := range commands {
		if m.Matches(session, c) {
			count++
		}
	}
	return count
}
