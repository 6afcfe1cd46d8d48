package fakeserver

import (
	"errors"
	"net"
	"testing"
)

// Start runs a server on a free port of 127.0.0.1 for the time of a test. At
// the end of the test it is closed, and rules that had to fire and did not
// fail the test.
func Start(t testing.TB, drop *Maildrop, o *Options) *Server {
	t.Helper()
	return startOn(t, New(drop, o), false)
}

// StartTLS is Start with a listener whose connections begin with TLS. It fails
// the test when Options.TLS is nil.
func StartTLS(t testing.TB, drop *Maildrop, o *Options) *Server {
	t.Helper()
	s := New(drop, o)
	if s.o.TLS == nil {
		t.Fatal("start a POP3 server: set Options.TLS")
	}
	return startOn(t, s, true)
}

// StartServer is Start for a server that is made already; with implicitTLS its connections begin with TLS.
func StartServer(t testing.TB, s *Server, implicitTLS bool) *Server {
	t.Helper()
	return startOn(t, s, implicitTLS)
}

func startOn(t testing.TB, s *Server, implicitTLS bool) *Server {
	t.Helper()
	listen := net.ListenConfig{KeepAlive: -1} // IdleTimeout finds a client that is gone
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("start a server: %v", err)
	}
	if !s.addListener(l) {
		t.Fatal("a new server is closed")
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.accept(l, implicitTLS) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("server: %v", err)
		}
		if err := <-stopped; !errors.Is(err, ErrClosed) {
			t.Errorf("server: %v", err)
		}
	})
	return s
}
