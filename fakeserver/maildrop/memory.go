package maildrop

import (
	"slices"
	"sync"
)

// MemorySource holds its mail in memory.
type MemorySource struct {
	mu   sync.Mutex
	mail messages
	uids uidSet
}

// Memory returns a source with these messages in this order. A unique-id that
// occurs twice gets a suffix.
func Memory(mail ...Message) *MemorySource {
	s := &MemorySource{uids: uidSet{}}
	s.add(mail)
	return s
}

// List implements Source. Its error is always nil.
func (s *MemorySource) List() (List, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mail, nil
}

// Deliver implements Receiver. Its error is always nil.
func (s *MemorySource) Deliver(mail ...Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(mail)
	return nil
}

// Change replaces the mail with the result of change, in one step. change must not write to
// the slice that it gets. The error is always nil.
func (s *MemorySource) Change(change func([]Message) []Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, next := s.mail, change(s.mail)
	s.mail, s.uids = nil, uidSet{}
	s.add(next)
	for _, m := range before {
		if spooled := inSpool(m); spooled != nil && !slices.ContainsFunc(next, func(n Message) bool { return inSpool(n) == spooled }) {
			spooled.Release()
		}
	}
	return nil
}

// add appends mail. A slice that List has returned may lie below it, and does not change: it ends
// where the new messages begin.
func (s *MemorySource) add(mail []Message) {
	for _, m := range mail {
		if uid := s.uids.take(cleanUID(m.UID())); uid != m.UID() {
			m = renamed{m, uid}
		}
		s.mail = append(s.mail, m)
	}
}

// Remove implements Source. Its error is always nil.
func (s *MemorySource) Remove(uids []string) error {
	gone := make(map[string]bool, len(uids))
	for _, uid := range uids {
		gone[uid] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var next messages
	for _, m := range s.mail {
		if gone[m.UID()] {
			delete(s.uids, m.UID())
			if spooled := inSpool(m); spooled != nil {
				spooled.Release()
			}
			continue
		}
		next = append(next, m)
	}
	s.mail = next
	return nil
}
