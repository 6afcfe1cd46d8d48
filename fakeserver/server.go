package fakeserver

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pop3mtm/fakeserver/internal/accept"
	"pop3mtm/fakeserver/notation"
)

// ErrClosed is returned by Serve after Shutdown or Close.
var ErrClosed = errors.New("the server is closed")

// Server serves clients over a protocol; New returns one for POP3. Its methods are safe for
// concurrent use.
type Server struct {
	o        Options
	drop     *Maildrop // of all users without one of their own
	protocol Protocol
	verbs    map[string]*knownVerb
	words    vocabulary
	secrets  notation.Secrets
	rules    ruleSet
	users    *directory
	tenants  tenants
	ledger   ledger
	stats    stats
	lender   lender

	mu        sync.Mutex
	closed    bool
	stopping  chan struct{} // closed with closed
	listeners []net.Listener
	sessions  map[*Session]struct{}
	count     int                    // sessions so far
	idle      chan struct{}          // closed while no session is open
	strangers tenant                 // the ended sessions without a user who exists
	shelf     shelf                  // the journals of all ended sessions
	before    atomic.Int64           // sessions before Restart
	turned    accept.Second          // limits the log of refused clients
	news      signal                 // commands, ends of sessions, mail deleted
	work      sync.WaitGroup         // accept loops and sessions
	next      atomic.Pointer[Server] // set by HandOver
	address   string                 // of the server that has handed over to this one
}

// NewServer returns a server for any protocol that does not listen yet. The options about POP3
// verbs and about maildrops have no effect.
func NewServer(p Protocol, o *Options) *Server {
	all := o.orDefault()
	return newServer(p, NewMaildrop(), all, newDirectory(&all))
}

func newServer(p Protocol, drop *Maildrop, o Options, users *directory) *Server {
	s := &Server{o: o, drop: drop, protocol: p, verbs: map[string]*knownVerb{}, users: users, sessions: map[*Session]struct{}{}}
	s.idle, s.stopping = make(chan struct{}), make(chan struct{})
	close(s.idle)
	for _, name := range users.names() {
		s.tenants.add(name)
	}
	s.secrets = Secrets(p.Verbs())
	if o.Owner != "" {
		s.tenants.add(o.Owner)
	}
	for _, v := range p.Verbs() {
		s.verbs[v.Name] = &knownVerb{Verb: v, open: !s.secrets.In([]byte(v.Name + " x y"))}
	}
	s.stats.prepare()
	s.lender.line = o.MaxLine
	s.words = wordsOf(p.Verbs())
	return s
}

// Addr returns the address of the first listener as host:port, or that of the server that has
// handed over to this one, or "".
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.listeners) == 0 {
		return s.address
	}
	return s.listeners[0].Addr().String()
}

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

// Serve accepts connections from l, with a goroutine for each, until l fails or the server is
// closed; then it returns ErrClosed. It owns l and closes it.
func (s *Server) Serve(l net.Listener) error {
	if !s.addListener(l) {
		return errors.Join(ErrClosed, l.Close())
	}
	return s.accept(l, false)
}

// ServeTLS is like Serve, for connections that begin with TLS (RFC 8314 section 3.1). It fails
// when Options.TLS is nil.
func (s *Server) ServeTLS(l net.Listener) error {
	if s.o.TLS == nil {
		return errors.Join(errors.New("cannot serve TLS without a certificate: set Options.TLS"), l.Close())
	}
	if !s.addListener(l) {
		return errors.Join(ErrClosed, l.Close())
	}
	return s.accept(l, true)
}

// accept runs the loop of a listener registered by addListener. After an error other than a closed
// listener it waits and tries again.
func (s *Server) accept(l net.Listener, implicitTLS bool) error {
	defer s.work.Done()
	loop := accept.Loop{Listener: l, Quit: s.stopping, Log: s.o.Log}
	for {
		c, err := loop.Next()
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.closed {
				return ErrClosed
			}
			return err
		}
		if session := s.latest().begin(c, implicitTLS); session != nil {
			go session.run(implicitTLS)
		}
	}
}

// addListener registers l for Close, and its accept loop as work.
func (s *Server) addListener(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners = append(s.listeners, l)
	s.work.Add(1)
	return true
}

// ServeConn runs a session on c, any connection with deadlines, and returns when it has ended. It
// owns c and closes it.
func (s *Server) ServeConn(c net.Conn) {
	if session := s.begin(c, false); session != nil {
		session.run(false)
	}
}

// ServeTLSConn is like ServeConn, for a connection that begins with TLS. c is the connection below
// TLS; without Options.TLS it is closed.
func (s *Server) ServeTLSConn(c net.Conn) {
	if session := s.begin(c, true); session != nil {
		session.run(true)
	}
}

// begin registers a session. It returns nil when the server is closed, or when Options.MaxSessions
// sessions are open; in that case it sends a refusal.
func (s *Server) begin(c net.Conn, implicitTLS bool) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = c.Close() // nobody was served, so nobody needs to know
		return nil
	}
	if most := s.o.MaxSessions; most > 0 && len(s.sessions) >= most {
		s.work.Add(1)
		s.stats.refused.Add(1)
		go s.turnAway(c, implicitTLS)
		return nil
	}
	if len(s.sessions) == 0 {
		s.idle = make(chan struct{})
	}
	s.count++
	session := newSession(s, c, s.count)
	s.sessions[session] = struct{}{}
	s.work.Add(1)
	return session
}

// finish unregisters a session.
func (s *Server) finish(session *Session) {
	session.record.ended(s.o.Now())
	session.publish()
	j := session.record.known()
	if s.o.Timed {
		s.stats.sessions.add(j.head.Ended.Sub(j.head.Started), s.stats.bounds)
	}
	if s.o.OnSession != nil {
		s.o.OnSession(j.transcript())
	}
	done := j.closed()
	s.mu.Lock()
	delete(s.sessions, session)
	s.archive(session, done)
	if len(s.sessions) == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	session.tell()
	s.work.Done()
}

// archive keeps the transcript of an ended session. When all transcripts exceed the limit, it drops
// the oldest one of the user with the most octets. s.mu must be locked.
func (s *Server) archive(session *Session, j journal) {
	if session.tenant == nil {
		s.strangers.add(j, &s.shelf)
	} else {
		session.tenant.end(&session.record, j, &s.shelf)
	}
	limit := 32 * max(s.o.TranscriptOctets, 0)
	for t := s.shelf.above(limit); t != nil; t = s.shelf.above(limit) {
		t.dropOldest(&s.shelf)
	}
}

// Sessions returns the number of sessions so far, open ones included.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Wait waits until no session is open, so that maildrops and transcripts are up to date. It
// returns the error of ctx if that ends first.
func (s *Server) Wait(ctx context.Context) error {
	s.mu.Lock()
	idle := s.idle
	s.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Shutdown stops listening, waits until the open sessions end by themselves or ctx ends, and then
// closes the server. It returns the error of ctx or of Close.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stopListening()
	waited := s.Wait(ctx)
	return errors.Join(waited, s.Close())
}

func (s *Server) stopListening() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		close(s.stopping)
	}
	s.closed = true
	for _, l := range s.listeners {
		_ = l.Close() // a second Close fails, which is harmless
	}
}

// Close ends all sessions without deleting mail, and waits for their goroutines. Its error reports
// mistakes of a test: required rules that have not fired (*UnmetError), errors of actions, and for
// a strict server invalid commands (*UnexpectedError) and open sessions (*OpenError).
func (s *Server) Close() error {
	s.stopListening()
	open := s.leftOpen()
	s.mu.Lock()
	for session := range s.sessions {
		session.stop()
	}
	s.mu.Unlock()
	s.work.Wait()
	return errors.Join(open, s.ledger.err(s.rules.unmet()))
}

// Unmet returns an *UnmetError while required rules have not fired, else nil.
func (s *Server) Unmet() error { return s.rules.unmet() }

// turnAwayTime limits the time that a refused client may take to read the refusal.
const turnAwayTime = time.Second

// turnAway refuses a connection beyond Options.MaxSessions. Such a connection has no session number
// and no transcript. With implicit TLS it is closed without a reply, since a handshake would cost
// as much as a session.
func (s *Server) turnAway(c net.Conn, implicitTLS bool) {
	defer s.work.Done()
	if s.turned.Due(time.Now()) {
		s.o.Log.Warn("client refused: too many sessions", "sessions", s.o.MaxSessions)
	}
	if !implicitTLS && c.SetDeadline(time.Now().Add(turnAwayTime)) == nil {
		_, _ = c.Write([]byte(s.protocol.Busy())) // it is closed in any case
	}
	_ = c.Close() // nobody was served, so nobody needs to know
}

// goodbye is the time that a strict server waits for clients that are closing.
const goodbye = time.Second

// leftOpen returns an error with the open sessions, if the server is strict.
func (s *Server) leftOpen() error {
	if !s.o.Strict {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if s.Wait(ctx) == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []int
	for session := range s.sessions {
		open = append(open, session.number)
	}
	if open == nil {
		return nil
	}
	slices.Sort(open)
	return &OpenError{open}
}

// Transcripts returns copies of the transcripts of all open sessions and of the latest ended ones,
// as long as they are kept, in the order of connecting.
func (s *Server) Transcripts() []Transcript {
	return transcriptsOf(s.journals())
}

func (s *Server) journals() []journal {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(s.strangers.kept(), s.tenants.ended()...)
	for session := range s.sessions {
		all = append(all, session.record.known())
	}
	return all
}

// Transcript returns the transcript of one session. It is empty for an unknown session and when the
// transcript is no longer kept.
func (s *Server) Transcript(session int) Transcript {
	for _, j := range s.journals() {
		if j.head.Session == session {
			return j.transcript()
		}
	}
	return Transcript{}
}

// received returns the number of recorded commands that match.
func (s *Server) received(m Match) int {
	count := 0
	if t := s.tenants.get(m.User); t != nil {
		return t.received(m)
	}
	for _, j := range s.journals() {
		count += j.matching(m, j.head.Session)
	}
	return count
}

// SetUser adds or replaces a user. A suite that shares a server gives each of its tests a user of
// its own. Open sessions do not change.
func (s *Server) SetUser(name string, u User) {
	s.tenants.add(name)
	s.users.set(name, u)
}

// RemoveUser removes a user, its rules, and what is known of its sessions. Open sessions continue.
func (s *Server) RemoveUser(name string) {
	s.rules.remove(name)
	s.users.remove(name)
	if t := s.tenants.remove(name); t != nil {
		t.forget(&s.shelf)
		t.news.tell()
	}
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	all := s.stats.snapshot()
	for _, name := range slices.Sorted(maps.Keys(s.verbs)) {
		all.Commands = append(all.Commands, s.verbs[name].tally.snapshot(name))
	}
	all.Commands = append(all.Commands, s.stats.other.snapshot("other"))
	s.mu.Lock()
	defer s.mu.Unlock()
	all.Sessions, all.Open = int64(s.count), int64(len(s.sessions))
	return all
}

// User returns a user of Options.Users or SetUser, if the name is known.
func (s *Server) User(name string) (User, bool) { return s.users.listed(name) }

// Maildrop returns the maildrop of users without one of their own.
func (s *Server) Maildrop() *Maildrop { return s.drop }

// Users returns the names of all users, sorted.
func (s *Server) Users() []string { return s.users.names() }

// Mechanisms returns the names of the offered SASL mechanisms, in order.
func (s *Server) Mechanisms() []string { return s.users.mechanisms() }
