package fakeserver

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"

	"pop3mtm/fakeserver/edit"
)

// handshakeTime is how long a client may take for a TLS handshake.
const handshakeTime = time.Minute

// Handshake answers the pseudo-verb TLS with the server's side of a handshake,
// for another certificate than that of Options.TLS. Edits work on its octets. When they withhold any, or the reply is
// silence, the session says nothing more (End Stall); when they send other octets instead, it goes on without TLS.
func Handshake(config *tls.Config) Handler {
	return func(x *Exchange) edit.Reply { return x.Session.handshake(config) }
}

func (s *Session) handshake(config *tls.Config) edit.Reply {
	return edit.Reply{{Body: &handshake{s, config}}}
}

// secure runs the handshake when it is due.
func (s *Session) secure() (done bool, why string) {
	if !s.startTLS {
		return false, ""
	}
	s.startTLS = false
	if err := s.out.flush(); err != nil {
		return true, s.lost(err)
	}
	if s.server.o.TLS == nil {
		return true, "TLS without a certificate"
	}
	s.out.sent, s.shaken = 0, false
	done, why = s.exchange(&Exchange{Verb: tlsVerb, Session: s, pseudo: true})
	if !done && s.tls == nil && (s.shaken || s.out.sent == 0) {
		// What the client sends now belongs to a handshake that is never answered: it is no command.
		if err := s.end(edit.Stall); err != nil {
			return true, s.lost(err)
		}
		return true, endedBy(edit.Stall)
	}
	return done, why
}

// handshake is a handshake in the form of a body: what the server sends in it
// goes to a writer like mail does.
type handshake struct {
	session *Session
	config  *tls.Config
}

// WriteTo runs the handshake. When that is done the session reads and writes
// through TLS.
func (h *handshake) WriteTo(w io.Writer) (int64, error) {
	s := h.session
	s.shaken = true
	s.record.silence(true)
	defer s.record.silence(false)
	if err := s.conn.SetReadDeadline(time.Now().Add(min(handshakeTime, s.server.o.IdleTimeout))); err != nil {
		return 0, err
	}
	l := &tlsLine{Conn: s.conn, to: edit.SinkOf(w)}
	conn := tls.Server(l, h.config)
	err := conn.HandshakeContext(context.Background()) // the deadline bounds it
	switch {
	case l.failed != nil:
		return l.sent, l.failed
	case err != nil:
		s.record.event("TLS handshake failed: " + err.Error())
		s.server.o.Log.Warn("TLS handshake failed", "session", s.number, "error", err)
		return l.sent, &edit.CutError{How: edit.Close}
	}
	l.to = nil
	s.tls = conn
	s.out.conn = conn
	s.in.Reset(conn)
	s.record.event(tls.VersionName(conn.ConnectionState().Version))
	return l.sent, nil
}

// tlsLine is the connection below TLS. During the handshake it writes to where
// the edits of a rule see it.
type tlsLine struct {
	net.Conn
	to     edit.Sink // nil: the connection
	sent   int64
	failed error // of to
}

func (l *tlsLine) Write(p []byte) (int, error) {
	if l.to == nil {
		return l.Conn.Write(p)
	}
	n, err := l.to.Write(p)
	l.sent += int64(n)
	if pushed := l.to.Push(); err == nil {
		err = pushed
	}
	l.failed = err
	return n, err
}
