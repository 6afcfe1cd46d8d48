package fakeserver

import (
	"sync"
	"sync/atomic"
)

// signal wakes those who wait for something to happen, and costs next to
// nothing when nobody waits.
type signal struct {
	waiting atomic.Int32
	mu      sync.Mutex
	c       chan struct{}
}

// wait says that somebody waits from now on, until the function is called.
func (s *signal) wait() (done func()) {
	s.waiting.Add(1)
	return func() { s.waiting.Add(-1) }
}

// next is closed when something happens.
func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil {
		s.c = make(chan struct{})
	}
	return s.c
}

func (s *signal) tell() {
	if s.waiting.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c != nil {
		close(s.c)
		s.c = nil
	}
}
