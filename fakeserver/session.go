package fakeserver

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"pop3mtm/fakeserver/edit"
)

// Session is one connection of a client: its lines, timers, TLS and state. Its Talk knows the
// protocol. Handlers may read it.
type Session struct {
	server *Server
	number int
	conn   net.Conn
	in     input
	out    writer
	record recorder
	talk   Talk

	state     State
	name      string  // of the user: given by USER or APOP, or logged in
	joined    string  // the last name with which join was called
	tenant    *tenant // of the user with that name; nil: the user does not exist
	visit     int     // the number among the sessions of the tenant
	turn      int     // the number since Server.Restart
	badInRow  int
	badLogins int
	response  string    // the mechanism of the AUTH exchange whose response is next
	hiding    bool      // a line that is not a command may be a secret: AUTH was refused
	body      bool      // a body is next
	startTLS  bool      // a handshake is next
	shaken    bool      // a handshake has begun
	tls       *tls.Conn // on top of conn, from the handshake on
	command   Exchange  // the current one
	lent      *scratch  // nil during waits

	spreadTo   place         // how far OnLines knows the session
	begun      time.Duration // of the last command
	unmeasured bool          // the time of the last command is not counted
	counts     counts

	quit     chan struct{} // closed by stop
	stopOnce sync.Once
}

func newSession(server *Server, c net.Conn, number int) *Session {
	s := &Session{
		server: server, number: number, conn: c, turn: number - int(server.before.Load()),
		in:    input{lender: &server.lender},
		state: Connecting, counts: counts{stats: &server.stats},
		quit: make(chan struct{}),
	}
	s.record.begin(number, c.RemoteAddr(), server.o.Now(), server.o.TranscriptOctets, server.o.Timed)
	s.record.tap, s.record.lender = server.o.Tap, &server.lender
	s.in.use(c)
	s.out = writer{conn: c, lender: &server.lender, patience: server.o.IdleTimeout, record: &s.record, quit: s.quit, fragment: server.o.Fragment, stats: &server.stats, before: s.publish}
	return s
}

// Number counts the server's connections from 1.
func (s *Session) Number() int { return s.number }

// State returns the state of the session.
func (s *Session) State() State { return s.state }

// User returns the name given at login, or "" before.
func (s *Session) User() string { return s.name }

// TLS returns the TLS state of the connection, nil before TLS.
func (s *Session) TLS() *tls.ConnectionState {
	if s.tls == nil {
		return nil
	}
	state := s.tls.ConnectionState()
	return &state
}

// stop ends the session from outside. Its goroutine ends soon afterwards.
func (s *Session) stop() {
	s.stopOnce.Do(func() {
		close(s.quit)
		_ = s.conn.Close() // it is being torn down
	})
}

// stopped reports whether stop was called.
func (s *Session) stopped() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// join counts the session among those of a user who exists, once it has named that user.
func (s *Session) join(name string) {
	if name == "" || name == s.joined && s.tenant != nil {
		return
	}
	s.joined = name
	if s.server.o.Owner != "" {
		s.record.belongs(name, s.visit)
		return
	}
	if s.tenant != nil {
		s.tenant.leave(&s.record)
		s.tenant, s.visit = nil, 0
	}
	t := s.server.tenants.get(name)
	if t == nil {
		return
	}
	s.visit, s.tenant = t.join(&s.record), t
	s.record.belongs(name, s.visit)
	s.publish()
}

// belong counts the session among those of the owner of the server, if there is one.
func (s *Session) belong() {
	if t := s.server.tenants.get(s.server.o.Owner); t != nil && s.server.o.Owner != "" {
		s.visit, s.tenant = t.join(&s.record), t
		s.record.belongs("", s.visit)
		s.publish()
	}
}

// counted returns the number of the session for rules of a user: among the sessions of that user,
// or for "" of the server.
func (s *Session) counted(user string) int {
	if user == "" {
		return s.turn
	}
	return s.visit
}

// publish lets others know what has happened in this session, and wakes those who wait for it.
func (s *Session) publish() {
	s.counts.settle()
	s.record.publish()
	if s.server.o.OnLines != nil {
		s.spread()
	}
	s.tell()
}

// spread calls OnLines with the lines since the last time.
func (s *Session) spread() {
	var lines []string
	for _, e := range s.spreadTo.advance(nil, &s.record.journal) {
		if e.Kind == LineSent {
			lines = append(lines, e.Text)
		}
	}
	if lines != nil {
		s.server.o.OnLines(s.record.journal.head, lines)
	}
}

func (s *Session) tell() {
	s.server.news.tell()
	if s.tenant != nil {
		s.tenant.news.tell()
	}
}

// report publishes if somebody waits. Else the next wait of this session is early enough.
func (s *Session) report() {
	if s.server.news.awaited() || s.tenant != nil && s.tenant.news.awaited() {
		s.publish()
	}
}

// run serves the client until the session ends.
func (s *Session) run(implicitTLS bool) {
	defer s.server.finish(s)
	s.belong()
	s.startTLS = implicitTLS
	s.talk = s.server.protocol.Begin(s)
	why := s.serve()
	s.talk.End()
	s.stop()
	s.record.settle()
	s.in.release()
	s.giveBack()
	s.measured()
	s.record.event(why)
	s.server.o.Log.Info("session ended", "session", s.number, "user", s.name, "why", why)
}

// serve answers commands. It returns the reason for the end of the session.
func (s *Session) serve() string {
	if done, why := s.secure(); done {
		return why
	}
	if done, why := s.exchange(&Exchange{Verb: connectVerb, Session: s, pseudo: true}); done {
		return why
	}
	for {
		waited := !s.in.lineWaiting()
		if waited {
			if err := s.await(); err != nil {
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
		if waited {
			s.publish()
		}
		if done, why := s.exchange(x); done {
			return why
		}
		if done, why := s.secure(); done {
			return why
		}
	}
}

// await flushes the output and starts the inactivity timer. RFC 1939 section 3: only a command
// resets the timer, so the deadline applies to a whole line, not to each read.
func (s *Session) await() error {
	if err := s.out.rest(); err != nil {
		return err
	}
	s.giveBack()
	s.measured()
	s.counts.settle()
	s.record.watch.passed()
	return s.conn.SetReadDeadline(time.Now().Add(s.server.o.IdleTimeout))
}

// scratch returns memory for the answer to x. It is valid until the next command, so a rule, which
// may keep a reply, gets some of its own.
func (s *Session) scratch(x *Exchange) *scratch {
	if x.rule != nil {
		return new(scratch)
	}
	if s.lent == nil {
		s.lent = s.server.lender.scratch()
	}
	return s.lent
}

// giveBack gives the scratch memory back, since a wait follows.
func (s *Session) giveBack() {
	if s.lent != nil {
		s.server.lender.takeScratch(s.lent)
		s.lent = nil
	}
}

// expire ends a session whose client is silent.
func (s *Session) expire() string {
	done, why := s.exchange(&Exchange{Verb: timeoutVerb, Session: s, pseudo: true})
	if done && why != endedBy(edit.Close) {
		return why
	}
	if !done {
		_ = s.end(edit.Close) // nobody would read an error
	}
	return timerExpired
}

// next reads the next line of the client, or a body when one is expected.
func (s *Session) next() (*Exchange, error) {
	s.record.settle()
	if s.body {
		return s.readBody()
	}
	return s.read()
}

// read reads the next line of the client: a command, or a response in an AUTH exchange.
func (s *Session) read() (*Exchange, error) {
	x := &s.command
	*x = Exchange{Session: s}
	limit := s.server.o.MaxLine
	if s.response != "" {
		x.pseudo, x.Verb, x.Args = true, responseVerb, s.response
		limit = s.server.o.MaxResponse
	}
	l, fits, err := s.in.line(limit)
	if err != nil {
		return nil, err
	}
	s.response = ""
	if s.server.o.Timed {
		s.counts.received += int64(len(l)) + 2
	}
	switch {
	case fits && x.pseudo:
		x.Line = l
	case fits:
		x.parse(l)
	}
	v := s.server.verbs[x.Verb]
	if v != nil {
		x.tally = &v.tally
	}
	x.secret = s.secret(x, v)
	if s.record.limit > 0 && !s.record.ignores() {
		s.recordCommand(x, v)
	}
	s.report()
	return x, nil
}

// recordCommand records a line of the client, with a verb that the protocol knows, or nil. An open
// one cannot have a secret.
func (s *Session) recordCommand(x *Exchange, v *knownVerb) {
	visible, k := x.Line, fromClient
	open := v != nil && v.open && !x.pseudo
	if !open {
		visible = x.visible()
		k = x.kind(visible)
	}
	c := x.command()
	if s.record.tap != nil {
		c.Message = s.talk.Value(x, messageField)
	}
	s.record.client(k, visible, &c, open && v.Lines == ManyLines)
}

// secret reports whether a whole line may be a secret: a response, or a line that is not a command
// and follows a refused AUTH.
func (s *Session) secret(x *Exchange, v *knownVerb) bool {
	s.hiding = x.pseudo || v != nil && v.SASL || s.hiding && v == nil
	return s.hiding && v == nil
}

// readBody reads a body to its end, and returns the end as the command ".".
func (s *Session) readBody() (*Exchange, error) {
	s.body = false
	octets := int64(0)
	for {
		if s.in.buffered() == 0 {
			if err := s.await(); err != nil {
				return nil, err
			}
		}
		p, err := s.in.peek()
		if err != nil {
			return nil, err
		}
		n, ended := s.talk.Body(p)
		octets += int64(n)
		if err := s.in.discard(n); err != nil {
			return nil, err
		}
		if ended {
			s.counts.received += octets
			s.record.received(octets)
			return &Exchange{Verb: ".", Line: []byte("."), Session: s}, nil
		}
	}
}

// exchange answers one command. It reports whether the session has ended, and why.
func (s *Session) exchange(x *Exchange) (done bool, why string) {
	s.measured()
	begun := s.record.watch.read()
	s.talk.Heard(x)
	s.join(s.talk.User(x))
	handler := s.server.rules.handler(x)
	if x.rule != nil {
		s.record.ruled(x.rule)
	}
	x.slow = x.rule != nil || s.state != Transaction
	if x.slow {
		s.publish()
	}
	reply := x.settle(handler(x))
	if x.slow {
		s.record.watch.passed()
	}
	if x.answer.Opened != nil {
		defer func() { _ = x.answer.Opened.Close() }() // it was only read
	}
	if x.after != nil && reply.Bearing() >= edit.Challenge {
		x.act(x.after)
	}
	if x.telling {
		reply = fill(reply, x.value)
	}
	if x.pseudo && x.Verb == connectVerb {
		s.state = Authorization
	}
	reply = s.bounded(x, reply)
	end, err := s.send(reply)
	if s.server.o.Timed {
		s.counts.answered(x.tally, x.pseudo, x.rule != nil, reply)
		s.begun, s.unmeasured = begun, !x.pseudo
	}
	s.report()
	if err == nil && end == edit.Open && s.state == Update {
		s.measured()
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

// measured counts the time since the last command, once its answer was sent.
func (s *Session) measured() {
	if s.unmeasured {
		s.unmeasured = false
		s.counts.took(s.record.watch.read() - s.begun)
	}
}

// follow takes the session's next step after a successful exchange.
func (s *Session) follow(x *Exchange) {
	a := &x.answer
	if a.User != "" {
		s.name = a.User
		s.join(a.User)
	}
	switch a.Next {
	case NextCommand:
	case NextResponse:
		if s.response = x.Args; !x.pseudo {
			name, _, _ := strings.Cut(x.Args, " ")
			s.response = strings.ToUpper(name)
		}
	case NextBody:
		s.body = true
	case NextTLS:
		s.startTLS = true
	case NextEnd:
		s.state = Update
	}
}

// bounded applies the outcome reported by the talk, and the limits on bad commands and refused
// logins, to a reply.
func (s *Session) bounded(x *Exchange, reply edit.Reply) edit.Reply {
	outcome := s.talk.Sent(x, reply)
	if outcome.End {
		s.state = Update
	}
	if !x.answer.Bad {
		s.badInRow = 0
	} else {
		if s.server.o.Strict && !x.ruled {
			s.server.ledger.unexpected(s.number, x.shown(x.visible()))
		}
		if s.badInRow++; s.badInRow == s.server.o.MaxBadCommands {
			s.state = Update
			return s.talk.Enough()
		}
	}
	if !outcome.BadLogin {
		return reply
	}
	if d := s.server.o.DelayBadLogin; d > 0 {
		reply = edit.Pause(d)(reply)
	}
	if s.badLogins++; s.badLogins == s.server.o.MaxBadLogins {
		reply = edit.ThenEnd(edit.Close)(reply)
	}
	return reply
}

func endedBy(how edit.End) string { return "ended by the server: " + how.String() }

const timerExpired = "inactivity timer expired"

// lost returns the reason for the end of the connection in words.
func (s *Session) lost(err error) string {
	if s.stopped() {
		return "ended by the server: shut down"
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe):
		return "closed by the client"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return timerExpired
	}
	// With TLS 1.3 a client refuses a certificate after the handshake has ended here.
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return "TLS ended by the client: " + op.Err.Error()
	}
	s.server.o.Log.Warn("session lost", "session", s.number, "error", err)
	return "connection lost"
}
