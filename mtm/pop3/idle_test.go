package pop3_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/mtm/pop3"
)

// idlePair returns a session over a pipe, and the server's end of it.
func idlePair(t *testing.T) (*pop3.Session, net.Conn) {
	t.Helper()
	here, there := net.Pipe()
	go func() { _, _ = io.WriteString(there, "+OK\r\n") }()
	s, err := pop3.NewSession(t.Context(), here, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, there
}

func TestIdleEndsWithItsContextAndLeavesTheSessionUsable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, there := idlePair(t)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			if err := s.Idle(ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
			go func() {
				_, _ = io.ReadFull(there, make([]byte, len("NOOP\r\n")))
				_, _ = io.WriteString(there, "+OK\r\n")
			}()
			if err := s.Noop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestIdleNoticesALostLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, there := idlePair(t)
		time.AfterFunc(5*time.Minute, func() { _ = there.Close() })
		err := s.Idle(t.Context())
		if line, ok := errors.AsType[*pop3.LineError](err); !ok || !errors.Is(line, io.ErrUnexpectedEOF) {
			t.Errorf("got %v, want a lost line", err)
		}
		if !errors.Is(s.Err(), err) {
			t.Error("the session is not spoiled")
		}
	})
}

func TestIdleTakesWhatComesUnaskedForAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, there := idlePair(t)
		go func() { _, _ = io.WriteString(there, "+OK still here\r\n") }()
		if _, ok := errors.AsType[*pop3.ProtocolError](s.Idle(t.Context())); !ok || s.Err() == nil {
			t.Errorf("got %v, want a ProtocolError", s.Err())
		}
	})
}
