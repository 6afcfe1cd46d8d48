package fakeserver

import (
	"errors"
	"net"
	"testing"
)

// Start starts a server on a free port of 127.0.0.1 for the duration of a test. At the end of the
// test the server is closed; the errors of Close, such as required rules that have not fired, fail
// the test.
func Start(t testing.TB, drop *Maildrop, o *Options) *Server {
	t.Helper()
	return startOn(t, New(drop, o), false)
}

// StartTLS is like Start, with a listener whose connections begin with TLS. It fails the test when
// Options.TLS is nil.
func StartTLS(t testing.TB, drop *Maildrop, o *Options) *Server {
	t.Helper()
	s := New(drop, o)
	if s.o.TLS == nil {
		t.Fatal("cannot start a server with TLS: set Options.TLS")
	}
	return startOn(t, s, true)
}

// StartServer is like Start, for an existing server. With implicitTLS its connections begin with
// TLS.
func StartServer(t testing.TB, s *Server, implicitTLS bool) *Server {
	t.Helper()
	return startOn(t, s, implicitTLS)
}

func startOn(t testing.TB, s *Server, implicitTLS bool) *Server {
	t.Helper()
	listen := net.ListenConfig{KeepAlive: -1} // IdleTimeout detects lost clients
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("start a server: %v", err)
	}
	if !s.addListener(l) {
		t.Fatal("cannot start a server that is closed")
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
