package fakeserver

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"net"
	"sync"
	"time"

	"pop3mtm/fakeserver/internal/accept"
)

// ErrClosed is returned by Serve after Shutdown or Close.
var ErrClosed = errors.New("server is closed")

// Server serves maildrops over POP3. Its methods are safe for concurrent use.
type Server struct {
	o     Options
	drop  *Maildrop
	verbs map[string]verb
	rules ruleSet
	users users
	// protocol is spoken instead of POP3, unless it is nil.
	protocol Protocol
	// secret makes the salts of SCRAM.
	secret [32]byte

	mu        sync.Mutex
	closed    bool
	stopping  chan struct{} // closed with closed
	listeners []net.Listener
	sessions  map[*Session]struct{}
	count     int           // of all sessions so far
	idle      chan struct{} // closed while no session is open
	ended     archive
	logins    map[string]time.Time // the last one of a user, for LoginDelay
	failures  []error              // of actions
	senseless []string             // commands, when the server is strict
	turned    accept.Second        // limits the log of clients that found no room
	news      signal               // commands, ends of sessions, mail deleted
	work      sync.WaitGroup       // accept loops and sessions
}

// New makes a server that listens nowhere yet. drop is the maildrop of all
// users who have none of their own; nil means an empty one.
func New(drop *Maildrop, o *Options) *Server {
	if drop == nil {
		drop = NewMaildrop()
	}
	s := &Server{o: o.orDefault(), drop: drop, verbs: map[string]verb{}, sessions: map[*Session]struct{}{}}
	s.idle, s.stopping = make(chan struct{}), make(chan struct{})
	close(s.idle)
	s.logins = map[string]time.Time{}
	s.users.byName = maps.Clone(s.o.Users)
	_, _ = rand.Read(s.secret[:]) // it never fails
	for _, v := range verbs() {
		able := (v.name != "STLS" || s.o.TLS != nil) && (v.name != "UTF8" || s.o.UTF8)
		if able && !s.lacks(v.name) {
			s.verbs[v.name] = v
		}
	}
	return s
}

// lacks tells whether the options take this verb or capability away.
func (s *Server) lacks(name string) bool {
	return contains(s.o.Without, name)
}

// Addr is the address of the first listener as host:port, empty when there is
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
// Options.MaxSessions allows: then the client is told so.
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

// Sessions is how many sessions there have been, open ones included.
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
	return errors.Join(open, s.forgotten())
}

// Unmet is an *UnmetError while there are rules that had to fire and did not, else
// nil.
func (s *Server) Unmet() error { return s.rules.unmet() }
