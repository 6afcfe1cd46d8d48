package fakeserver

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"pop3mtm/fakeserver/edit"
)

// State is a state of RFC 1939 section 3, or the time before the greeting.
type State int

const (
	// Connecting is before the greeting.
	Connecting State = 1 << iota
	// Authorization is before login.
	Authorization
	// Transaction is from login to the end.
	Transaction
	// Update is after QUIT, when the connection is about to be closed.
	Update
)

// String gives the name; of several states the names with | between.
func (s State) String() string {
	var names []string
	for i, name := range []string{"CONNECT", "AUTHORIZATION", "TRANSACTION", "UPDATE"} {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "unknown state"
	}
	return strings.Join(names, "|")
}

// Session is one connection of a client. Handlers may look at it.
type Session struct {
	server *Server
	number int
	conn   net.Conn
	in     *bufio.Reader
	out    writer
	record recorder

	state     State
	name      string // given by USER or APOP
	mayPass   bool   // the last command was a USER that succeeded
	timestamp string // for APOP, as the greeting had it
	user      User   // who has logged in
	view      *view  // from login to the end
	badInRow  int
	badLogins int
	utf8      bool              // UTF-8 mode
	texts     map[string]string // of the language, nil: English
	asking    *authentication   // the next line is a response to it
	hiding    bool              // what is no command may be a secret: AUTH was refused
	startTLS  bool              // after the reply to STLS
	shaken    bool              // a handshake has begun
	tls       *tls.Conn         // on top of conn, from the handshake on
	scratch   []byte            // for mail from files, once there was some
	command   Exchange          // the one that is answered
	dialect   *dialect          // of another protocol, nil for POP3

	quit     chan struct{} // closed by stop
	stopOnce sync.Once
}

func newSession(server *Server, c net.Conn, number int) *Session {
	s := &Session{
		server: server, number: number, conn: c,
		in:    bufio.NewReaderSize(c, max(4<<10, server.o.MaxLine)),
		state: Connecting,
		quit:  make(chan struct{}),
	}
	s.record.begin(number, c.RemoteAddr(), server.o.Now(), server.o.TranscriptOctets)
	s.out = writer{conn: c, patience: server.o.IdleTimeout, record: &s.record, quit: s.quit, fragment: server.o.Fragment}
	return s
}

// Number counts the server's connections from 1.
func (s *Session) Number() int { return s.number }

// State is the state that the session is in.
func (s *Session) State() State { return s.state }

// User is the name given at login, empty before.
func (s *Session) User() string { return s.name }

// TLS tells about the TLS of the connection, nil when it has none yet.
func (s *Session) TLS() *tls.ConnectionState {
	if s.tls == nil {
		return nil
	}
	state := s.tls.ConnectionState()
	return &state
}

// stop ends the session from outside. Its goroutine notices soon.
func (s *Session) stop() {
	s.stopOnce.Do(func() {
		close(s.quit)
		_ = s.conn.Close() // it is being torn down
	})
}

// run serves the client until the session ends, whoever ends it. Marks that
// QUIT has not committed are forgotten.
func (s *Session) run(implicitTLS bool) {
	defer s.server.finish(s)
	s.startTLS = implicitTLS
	if p := s.server.protocol; p != nil {
		s.dialect = &dialect{talk: p.Begin(s)}
		defer s.dialect.talk.End()
	}
	why := s.serve()
	s.release()
	s.stop()
	s.record.event(why)
	s.server.o.Log.Info("session ended", "session", s.number, "user", s.name, "why", why)
}

// serve answers commands and says why there are no more.
func (s *Session) serve() string {
	if done, why := s.secure(); done {
		return why
	}
	if done, why := s.exchange(&Exchange{Verb: connectVerb, Session: s, pseudo: true}); done {
		return why
	}
	for {
		if !s.lineWaiting() {
			if err := s.out.flush(); err != nil {
				return s.lost(err)
			}
			// RFC 1939 section 3: only a command resets the inactivity timer,
			// so the deadline holds for a whole line, not for each read.
			if err := s.conn.SetReadDeadline(time.Now().Add(s.server.o.IdleTimeout)); err != nil {
				return s.lost(err)
			}
		}
		x, err := s.next()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return s.expire()
		}
		if err != nil {
			return s.lost(err)
		}
		if done, why := s.exchange(x); done {
			return why
		}
		if done, why := s.secure(); done {
			return why
		}
	}
}

// expire ends a session whose client says nothing.
func (s *Session) expire() string {
	done, why := s.exchange(&Exchange{Verb: timeoutVerb, Session: s, pseudo: true})
	if done && why != endedBy(edit.Close) {
		return why
	}
	if !done {
		_ = s.end(edit.Close) // there is nobody to tell
	}
	return timerExpired
}

// next takes the next line of the client, or a body when one is due.
func (s *Session) next() (*Exchange, error) {
	if s.dialect != nil && s.dialect.body {
		return s.readBody()
	}
	return s.read()
}

// read takes the next line of the client: a command, or a response when an AUTH
// exchange waits for one.
func (s *Session) read() (*Exchange, error) {
	x := &s.command
	*x = Exchange{Session: s}
	limit := s.server.o.MaxLine
	if d := s.dialect; d != nil && d.mechanism != "" {
		x.pseudo, x.Verb, x.Args = true, responseVerb, d.mechanism
		d.mechanism = ""
	}
	if s.asking != nil || x.pseudo {
		limit = s.server.o.MaxResponse
	}
	l, fits, err := s.readLine(limit)
	if err != nil {
		return nil, err
	}
	if s.asking != nil {
		x.pseudo, x.Verb, x.Args = true, responseVerb, s.asking.mechanism
		x.asked, s.asking = s.asking, nil
	}
	switch {
	case fits && x.pseudo:
		x.Line = l
	case fits:
		x.parse(l)
	}
	x.secret = s.secret(x)
	s.record.client(x, fits, x.secret)
	s.server.news.tell()
	return x, nil
}

// secret tells whether a line may be nothing but a secret: a response, or what a
// client sends on when AUTH was refused and is no command.
func (s *Session) secret(x *Exchange) bool {
	_, known := s.server.verbs[x.Verb]
	s.hiding = x.pseudo || x.Verb == "AUTH" || s.hiding && !known
	return s.hiding && !known
}

// lineWaiting tells whether a whole command is in the read buffer, so that the
// replies of pipelined commands leave together.
func (s *Session) lineWaiting() bool {
	b, err := s.in.Peek(s.in.Buffered())
	return err == nil && bytes.IndexByte(b, '\n') >= 0
}

// readLine returns the next line of at most limit octets without its line end;
// the slice is valid until the next call. Of a longer line nothing is kept.
func (s *Session) readLine(limit int) (l []byte, fits bool, err error) {
	l, err = s.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l = slices.Clone(l)
		for errors.Is(err, bufio.ErrBufferFull) {
			var more []byte
			if more, err = s.in.ReadSlice('\n'); len(l) <= limit {
				l = append(l, more...)
			}
		}
	}
	if err != nil || len(l) > limit {
		return nil, false, err
	}
	// RFC 1939 section 3 ends a command with CRLF. A bare LF is taken too, as
	// all servers do.
	l = l[:len(l)-1]
	if len(l) > 0 && l[len(l)-1] == '\r' {
		l = l[:len(l)-1]
	}
	return l, true, nil
}

// parse splits a command. RFC 1939 section 3: keywords are case-insensitive,
// arguments follow after one space.
func (x *Exchange) parse(l []byte) {
	x.Line = l
	text := string(l)
	x.Verb, x.Args, _ = strings.Cut(text, " ")
	x.Verb = strings.ToUpper(x.Verb)
}

// user is who this command is about, for rules.
func (x *Exchange) user() string {
	switch x.Verb {
	case "USER":
		return x.Args
	case "APOP":
		name, _, _ := cutLast(x.Args)
		return name
	}
	return x.Session.name
}

// exchange answers one command. It says whether the session is over, and why.
func (s *Session) exchange(x *Exchange) (done bool, why string) {
	x.afterUser, s.mayPass = s.mayPass, false
	reply := s.server.rules.handler(x)(x)
	if x.opened != nil {
		defer func() { _ = x.opened.Close() }() // it was only read
	}
	if b := reply.Bearing(); x.effect != nil && (b >= edit.Success || x.challenges && b == edit.Challenge) {
		if instead := s.translated(x.effect()); instead != nil {
			for _, edit := range x.edits {
				instead = edit(instead)
			}
			reply = instead
		}
	}
	if x.after != nil && reply.Bearing() >= edit.Challenge {
		x.act(x.after)
	}
	if x.telling {
		reply = x.fill(reply)
	}
	if s.dialect != nil {
		reply = s.settle(x, reply)
	}
	if x.pseudo && x.Verb == connectVerb {
		s.greeted(reply)
	}
	if x.bad && !x.ruled {
		s.server.unexpected(x)
	}
	reply = s.bounded(x, reply)
	end, err := s.send(reply)
	if err == nil && end == edit.Open && s.state == Update {
		end, err = edit.Close, s.end(edit.Close)
	}
	if err != nil {
		return true, s.lost(err)
	}
	if end == edit.Open {
		return false, ""
	}
	return true, endedBy(end)
}

func endedBy(how edit.End) string { return "ended by the server: " + how.String() }

const timerExpired = "inactivity timer expired"

// greeted begins the session after its greeting, or ends it when that refuses the client.
func (s *Session) greeted(reply edit.Reply) {
	s.state, s.timestamp = Authorization, timestamp(reply)
	if reply.StartsWith("-ERR") || s.dialect != nil && reply.Bearing() < edit.Success {
		s.state = Update
	}
}

// release lets go of the maildrop, if the session holds one. When the client has
// not said QUIT the maildrop may lose mail, and stay locked for a while.
func (s *Session) release() {
	if s.view == nil {
		return
	}
	o := &s.server.o
	select {
	case <-s.quit: // the server is being closed: nothing happens to the mail
	default:
		if s.state != Update {
			if err := s.view.commit(s.deletes(), false); err != nil {
				o.Log.Error("messages not removed", "session", s.number, "error", err)
			}
			if o.LockAfterDrop > 0 {
				s.view.drop.hold(o.Now().Add(o.LockAfterDrop))
			}
		}
	}
	s.view.release()
	s.view = nil
}

// lost says in words why the connection ended.
func (s *Session) lost(err error) string {
	select {
	case <-s.quit:
		return "ended by the server: shut down"
	default:
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe):
		return "closed by the client"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return timerExpired
	}
	// With TLS 1.3 a client refuses a certificate when the handshake is over here.
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return "TLS ended by the client: " + op.Err.Error()
	}
	s.server.o.Log.Warn("session lost", "session", s.number, "error", err)
	return "connection lost"
}
