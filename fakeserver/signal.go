package fakeserver

import (
	"sync"
	"sync/atomic"
)

// signal wakes goroutines that wait for a change. It costs almost nothing while none waits.
type signal struct {
	waiting atomic.Int32
	mu      sync.Mutex
	c       chan struct{}
}

// wait registers a waiter until the returned function is called.
func (s *signal) wait() (done func()) {
	s.waiting.Add(1)
	return func() { s.waiting.Add(-1) }
}

// awaited reports whether somebody waits.
func (s *signal) awaited() bool { return s.waiting.Load() > 0 }

// next returns a channel that is closed at the next change.
func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil {
		s.c = make(chan struct{})
	}
	return s.c
}

func (s *signal) tell() {
	if !s.awaited() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c != nil {
		close(s.c)
		s.c = nil
	}
}
