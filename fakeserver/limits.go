package fakeserver

import (
	"net"
	"time"

	"pop3mtm/fakeserver/edit"
)

// turnAwayTime bounds how long a client that finds no room may take to read that.
const turnAwayTime = time.Second

// turnAway refuses a connection beyond Options.MaxSessions. It is no session: it has no number and no transcript. Where TLS
// comes first the connection is closed without a word, since a handshake would cost what a session costs.
func (s *Server) turnAway(c net.Conn, implicitTLS bool) {
	defer s.work.Done()
	if s.turned.Due(time.Now()) {
		s.o.Log.Warn("too many sessions, client refused", "sessions", s.o.MaxSessions)
	}
	if !implicitTLS && c.SetDeadline(time.Now().Add(turnAwayTime)) == nil {
		_, _ = c.Write([]byte(s.busy())) // it is sent away either way
	}
	_ = c.Close() // nobody was served, so nobody needs to know
}

// busy is what a client is told that finds no room. RFC 3206 section 4: the condition is temporary.
func (s *Server) busy() string {
	if s.protocol != nil {
		return s.protocol.Busy()
	}
	return "-ERR [SYS/TEMP] too many sessions, try again later\r\n"
}

// bounded applies the limits on bad commands and on refused logins to a reply.
func (s *Session) bounded(x *Exchange, reply edit.Reply) edit.Reply {
	o := &s.server.o
	if !x.bad {
		s.badInRow = 0
	} else if s.badInRow++; s.badInRow == o.MaxBadCommands {
		s.state = Update
		return s.translated(edit.Err("too many bad commands, closing"))
	}
	if o.MaxBadLogins == 0 && o.DelayBadLogin == 0 || !s.loginRefused(x, reply) {
		return reply
	}
	if o.DelayBadLogin > 0 {
		reply = edit.Pause(o.DelayBadLogin)(reply)
	}
	if s.badLogins++; s.badLogins == o.MaxBadLogins {
		reply = edit.ThenEnd(edit.Close)(reply)
	}
	return reply
}

// loginRefused reports whether reply refuses a login, as the last step of one that x is.
func (s *Session) loginRefused(x *Exchange, reply edit.Reply) bool {
	switch {
	case s.state != Authorization:
		return false
	case x.pseudo && x.Verb == responseVerb, x.Verb == "AUTH":
	case s.dialect == nil && (x.Verb == "PASS" || x.Verb == "APOP"):
	default:
		return false
	}
	if s.dialect != nil {
		return s.name == "" && reply.Bearing() < edit.Success
	}
	return reply.StartsWith("-ERR")
}
