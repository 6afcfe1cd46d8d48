package fakeserver

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"

	"pop3mtm/fakeserver/edit"
)

// handshakeTime limits a TLS handshake.
const handshakeTime = time.Minute

// Handshake returns a handler for the pseudo-verb TLS: the server's side of a handshake, with
// another certificate than that of Options.TLS. Edits change its octets. If they withhold octets,
// or the reply is empty, the session sends nothing more (End Stall); if they send other octets
// instead, it continues without TLS.
func Handshake(config *tls.Config) Handler {
	return func(x *Exchange) edit.Reply { return x.Session.handshake(config) }
}

func (s *Session) handshake(config *tls.Config) edit.Reply {
	return edit.Reply{{Body: &handshake{s, config}}}
}

// secure runs the handshake when it is time for it.
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
		// From here on the client sends a handshake that is never answered, not commands.
		if err := s.end(edit.Stall); err != nil {
			return true, s.lost(err)
		}
		return true, endedBy(edit.Stall)
	}
	return done, why
}

// handshake is a TLS handshake in the form of a body: the server's octets go to a writer, like
// mail.
type handshake struct {
	session *Session
	config  *tls.Config
}

// WriteTo runs the handshake. Afterwards the session reads and writes through TLS.
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
	err := conn.HandshakeContext(context.Background()) // limited by the deadline
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
	s.in.use(conn)
	s.record.event(tls.VersionName(conn.ConnectionState().Version))
	return l.sent, nil
}

// tlsLine is the connection below TLS. During the handshake its output passes through the edits of
// a rule.
type tlsLine struct {
	net.Conn
	to     edit.Sink // nil: write to the connection
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
