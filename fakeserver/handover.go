package fakeserver

// HandOver makes next serve all clients that connect to the listeners of s from now on. Open
// sessions continue with s, which keeps the listeners: close s last.
func (s *Server) HandOver(next *Server) {
	address := s.Addr()
	next.mu.Lock()
	next.address = address
	next.mu.Unlock()
	s.next.Store(next)
}

// latest returns the server that serves new clients.
func (s *Server) latest() *Server {
	for {
		next := s.next.Load()
		if next == nil {
			return s
		}
		s = next
	}
}
