package fakeserver

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"pop3mtm/fakeserver/internal/accept"
	"pop3mtm/fakeserver/notation"
)

// ErrClosed is returned by Serve after Shutdown or Close.
var ErrClosed = errors.New("server is closed")

// Server serves clients over a protocol: POP3 when New made it. Its methods are safe for concurrent use.
type Server struct {
	o        Options
	drop     *Maildrop // of all users who have none of their own
	protocol Protocol
	verbs    map[string]Verb
	secrets  notation.Secrets
	rules    ruleSet
	users    *directory
	ledger   ledger

	mu        sync.Mutex
	closed    bool
	stopping  chan struct{} // closed with closed
	listeners []net.Listener
	sessions  map[*Session]struct{}
	count     int           // of all sessions so far
	idle      chan struct{} // closed while no session is open
	ended     archive
	turned    accept.Second  // limits the log of clients that found no room
	news      signal         // commands, ends of sessions, mail deleted
	work      sync.WaitGroup // accept loops and sessions
}

// NewServer returns a server for another protocol than POP3, which listens nowhere yet. The options about POP3's own verbs and
// about maildrops have no effect.
func NewServer(p Protocol, o *Options) *Server {
	all := o.orDefault()
	return newServer(p, NewMaildrop(), all, newDirectory(&all))
}

func newServer(p Protocol, drop *Maildrop, o Options, users *directory) *Server {
	s := &Server{o: o, drop: drop, protocol: p, verbs: map[string]Verb{}, users: users, sessions: map[*Session]struct{}{}}
	s.idle, s.stopping = make(chan struct{}), make(chan struct{})
	close(s.idle)
	for _, v := range p.Verbs() {
		s.verbs[v.Name] = v
	}
	s.secrets = Secrets(p.Verbs())
	return s
}

// Addr returns the address of the first listener as host:port, empty when there is
// none.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.listeners) == 0 {
		return ""
	}
	return s.listeners[0].Addr().String()
}

// Serve takes connections from l, a goroutine each, until l fails or the
// server is closed, when it returns ErrClosed. It owns l and closes it.
func (s *Server) Serve(l net.Listener) error {
	if !s.addListener(l) {
		return errors.Join(ErrClosed, l.Close())
	}
	return s.accept(l, false)
}

// ServeTLS is Serve for connections that begin with TLS (RFC 8314 section 3.1).
// It fails when Options.TLS is nil.
func (s *Server) ServeTLS(l net.Listener) error {
	if s.o.TLS == nil {
		return errors.Join(errors.New("TLS needs a certificate: set Options.TLS"), l.Close())
	}
	if !s.addListener(l) {
		return errors.Join(ErrClosed, l.Close())
	}
	return s.accept(l, true)
}

// accept runs the loop of a listener that addListener has taken. Failures other than a closed listener are waited out.
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
		if session := s.begin(c, implicitTLS); session != nil {
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

// ServeConn runs a session on c, any kind of connection with deadlines, and
// returns when it has ended. It owns c and closes it.
func (s *Server) ServeConn(c net.Conn) {
	if session := s.begin(c, false); session != nil {
		session.run(false)
	}
}

// ServeTLSConn is ServeConn for a connection that begins with TLS. c is the
// connection below; without Options.TLS it is closed.
func (s *Server) ServeTLSConn(c net.Conn) {
	if session := s.begin(c, true); session != nil {
		session.run(true)
	}
}

// begin registers a session. It returns nil when the server is closed, and when there are as many sessions as
// Options.MaxSessions allows: then the client gets a refusal.
func (s *Server) begin(c net.Conn, implicitTLS bool) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = c.Close() // nobody was served, so nobody needs to know
		return nil
	}
	if most := s.o.MaxSessions; most > 0 && len(s.sessions) >= most {
		s.work.Add(1)
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

// finish takes a session off the books.
func (s *Server) finish(session *Session) {
	t := session.record.transcript()
	if s.o.OnSession != nil {
		s.o.OnSession(t)
	}
	s.mu.Lock()
	delete(s.sessions, session)
	s.ended.add(t, 32*s.o.TranscriptOctets)
	if len(s.sessions) == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	s.news.tell()
	s.work.Done()
}

// Sessions returns how many sessions there have been, open ones included.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Wait returns when no session is open, so that maildrops and transcripts show
// what the last client did. It returns ctx's error when that ends first.
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

// Shutdown stops listening, waits until the open sessions end by themselves or
// ctx ends, and then closes the server. The error is ctx's, or Close's.
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
		_ = l.Close() // a second close fails, and that is fine
	}
}

// Close ends all sessions, which delete nothing, and waits for their
// goroutines. Its error tells what the author of a test has to know: rules that had
// to fire (*UnmetError), errors of actions, and from a strict server commands that
// made no sense (*UnexpectedError) and open sessions (*OpenError).
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

// Unmet returns an *UnmetError while there are rules that had to fire and did not, else
// nil.
func (s *Server) Unmet() error { return s.rules.unmet() }

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
		_, _ = c.Write([]byte(s.protocol.Busy())) // it is sent away either way
	}
	_ = c.Close() // nobody was served, so nobody needs to know
}

// goodbye is how long a strict server waits for clients that have just gone.
const goodbye = time.Second

// leftOpen returns the sessions that nobody has closed, when the server is strict.
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

// Transcripts returns a copy of the transcripts that are still kept: those of
// all open sessions and of the latest ended ones, in the order of connecting.
func (s *Server) Transcripts() []Transcript {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.ended.kept)
	for i := range all {
		all[i].Lines = slices.Clone(all[i].Lines)
		all[i].Commands = slices.Clone(all[i].Commands)
	}
	for session := range s.sessions {
		all = append(all, session.record.transcript())
	}
	slices.SortFunc(all, func(a, b Transcript) int { return a.Session - b.Session })
	return all
}

// Transcript returns the transcript of one session, empty when it is not kept any more
// or there was none.
func (s *Server) Transcript(session int) Transcript {
	for _, t := range s.Transcripts() {
		if t.Session == session {
			return t
		}
	}
	return Transcript{}
}

// received returns how many of the commands that are kept match.
func (s *Server) received(m Match) int {
	count := 0
	for _, t := range s.Transcripts() {
		for _, c := range t.Commands {
			if m.Matches(t.Session, c) {
				count++
			}
		}
	}
	return count
}

// SetUser adds a user, or replaces one. A suite that shares a server gives each of
// its tests a user of its own. Open sessions keep what they have.
func (s *Server) SetUser(name string, u User) { s.users.set(name, u) }

// RemoveUser lets a user log in no more. Open sessions go on.
func (s *Server) RemoveUser(name string) { s.users.remove(name) }

// Users returns the names of those who may log in, sorted.
func (s *Server) Users() []string { return s.users.names() }

// Mechanisms returns the names of the SASL mechanisms on offer, in their order.
func (s *Server) Mechanisms() []string { return s.users.mechanisms() }
