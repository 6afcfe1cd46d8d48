package store

import "os"

// SwapIdleFile replaces the file of the segment that the next body goes to;
// the result undoes it.
func (s *Store) SwapIdleFile(f *os.File) (restore func()) {
	s.writers.mu.Lock()
	defer s.writers.mu.Unlock()
	g := s.writers.idle[len(s.writers.idle)-1]
	old := g.f
	g.f = f
	return func() { g.f = old }
}
