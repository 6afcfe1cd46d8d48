package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/scenarios"
)

// Endpoint tells a client how to reach the server of a case.
type Endpoint struct {
	Case     string // the id of the case
	Title    string // what happens in the case, in one sentence
	Host     string
	Port     int
	User     string
	Password string
	CA       string // the file of the authority to trust
	TLS      TLS
}

// Address returns host:port.
func (e Endpoint) Address() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

// TLS is the use of TLS that a client is set to.
type TLS string

// The values of TLS.
const (
	PlainLine   TLS = "none"
	UseSTLS     TLS = "stls"
	UseImplicit TLS = "implicit"
)

// keys holds the certificates of a run. They are made once, since making them takes longer than a
// session.
type keys struct {
	ca                        *fixtures.CA
	good                      *tls.Config
	expired, other, untrusted *tls.Config
}

func newKeys() *keys {
	ca := fixtures.NewCA()
	return &keys{ca: ca, good: ca.Server(), expired: ca.Expired(), other: ca.Server("mail.example.org"), untrusted: fixtures.SelfSigned()}
}

func (k *keys) certificate(c scenarios.Certificate) *tls.Config {
	switch c {
	case scenarios.Expired:
		return k.expired
	case scenarios.OtherName:
		return k.other
	case scenarios.SelfSigned:
		return k.untrusted
	default:
		return k.good
	}
}

// stage is the server of one case, with what it has seen.
type stage struct {
	play     *scenarios.Play
	line     *line
	listener net.Listener
	served   chan error
	endpoint Endpoint
	drop     *fakeserver.Maildrop // of the user

	mu   sync.Mutex
	told map[int][]byte // by session, the octets to the client, inside TLS
	mail map[string][][]byte
	uids []string // in the order of their first appearance
}

// place provides the ports of the cases' servers: one port for each, or one port that they use one
// after the other.
type place interface {
	listen() (net.Listener, error)
	// user returns the name of the user in a case that has no users of its own.
	user(c *Case) string
}

// ownPort provides a free port for each case.
type ownPort struct{}

func (ownPort) listen() (net.Listener, error) {
	listen := net.ListenConfig{KeepAlive: -1}
	return listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
}

func (ownPort) user(c *Case) string { return c.user() }

// open starts the server of a case on a free port. The client may use TLS in another way than it
// was set to; l has both.
func (c *Case) open(l *Learned, k *keys, caFile string, at place) (*stage, error) {
	s := &stage{line: newLine(c.cut), told: map[int][]byte{}, mail: map[string][][]byte{}, served: make(chan error, 1)}
	user := at.user(c)
	play, err := c.server(l, k, s.tap, user)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c.ID, err)
	}
	s.play, s.drop = play, play.MaildropOf(user)
	socket, err := at.listen()
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c.ID, err)
	}
	s.listener = listener{socket, s.line}
	port, host := 0, "127.0.0.1"
	if at, ok := socket.Addr().(*net.TCPAddr); ok {
		port = at.Port
		if !at.IP.IsUnspecified() {
			host = at.IP.String()
		}
	}
	if l.Mode != PlainLine {
		host = "localhost" // a server with TLS may need its name from the client
	}
	s.endpoint = Endpoint{Case: c.ID, Title: c.Title, Host: host, Port: port, User: user, Password: c.password(), CA: caFile, TLS: l.Told}
	go func() {
		if play.ImplicitTLS() {
			s.served <- play.ServeTLS(s.listener)
		} else {
			s.served <- play.Serve(s.listener)
		}
	}()
	s.learn()
	return s, nil
}

// server returns the server of a case. In a case that says nothing about TLS it offers what the
// client is set to use.
func (c *Case) server(l *Learned, k *keys, tap func(int, []byte), user string) (*scenarios.Play, error) {
	played, mode := *c.scenario, l.Mode
	if l.Sessions > 1 {
		played.Rules = onceEach(played.Rules)
	}
	switch own := played.Settings.TLS; {
	case own != "" && own != scenarios.NoTLS && mode == UseImplicit, mode == UseImplicit:
		played.Settings.TLS = scenarios.ImplicitTLS
	case mode == UseSTLS && (own == "" || own == scenarios.NoTLS || own == scenarios.ImplicitTLS):
		played.Settings.TLS = scenarios.STLS
	}
	o := &fakeserver.Options{Tap: tap, Deletes: c.deletes}
	if len(played.Users) == 0 {
		o.Users = map[string]fakeserver.User{user: {Password: scenarios.DefaultPassword}}
	}
	o.TLS = k.certificate(played.Settings.Certificate)
	played.Settings.Certificate = "" // the options have the good certificate
	return played.Server(o)
}

// onceEach changes rules for the first connection into rules that fire once in any connection, for
// a client that makes several connections in each visit.
func onceEach(rules []scenarios.Rule) []scenarios.Rule {
	all := slices.Clone(rules)
	for i := range all {
		if all[i].Session == 1 {
			all[i].Session = 0
			if all[i].Times == 0 {
				all[i].Times = 1
			}
		}
	}
	return all
}

func (c *Case) user() string {
	if len(c.scenario.Users) > 0 {
		return c.scenario.Users[0].Name
	}
	return scenarios.DefaultUser
}

func (c *Case) password() string {
	first := scenarios.User{Password: scenarios.DefaultPassword}
	if len(c.scenario.Users) > 0 {
		first = c.scenario.Users[0]
	}
	switch {
	case c.scenario.MTM.Password != "" || c.scenario.MTM.EmptyPassword:
		return c.scenario.MTM.Password
	case first.Password == "" && first.Token != "":
		return first.Token
	}
	return first.Password
}

// tap keeps what goes to the client. Mail that came at the connect may be gone when the visit ends.
func (s *stage) tap(session int, octets []byte) {
	s.mu.Lock()
	_, known := s.told[session]
	s.mu.Unlock()
	if !known {
		s.learn()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	room := min(maxTape-len(s.told[session]), len(octets))
	s.told[session] = append(s.told[session], octets[:room]...)
}

// learn remembers the messages that are in the mailbox now, since the judge needs each message that
// it ever had.
func (s *stage) learn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.drop.Messages() {
		raw, err := maildrop.Read(m)
		if err != nil {
			continue // it is gone already
		}
		uid := m.UID()
		if s.mail[uid] == nil {
			s.uids = append(s.uids, uid)
		}
		if !slices.ContainsFunc(s.mail[uid], func(had []byte) bool { return string(had) == string(raw) }) {
			s.mail[uid] = append(s.mail[uid], raw)
		}
	}
}

// there returns the letters that are in the mailbox now.
func (s *stage) there() []letter {
	s.learn()
	var all []letter
	for _, uid := range s.drop.UIDs() {
		s.mu.Lock()
		if n := len(s.mail[uid]); n > 0 {
			all = append(all, letter{uid, n - 1})
		}
		s.mu.Unlock()
	}
	return all
}

// seen returns all mail so far, as a person recognizes it.
func (s *stage) seen() []mailSeen {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := evidence{uids: s.uids, mail: s.mail}
	return subjects(e.letters(), s.mail)
}

// settled waits a moment for the sessions to end, after the client has ended.
func (s *stage) settled() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = s.play.Wait(ctx) // the transcripts include open sessions
	s.learn()
}

// close ends the server.
func (s *stage) close() error {
	err := s.play.Close()
	if _, unmet := errors.AsType[*fakeserver.UnmetError](err); unmet {
		err = nil // the judge reports this itself
	}
	served := <-s.served
	if errors.Is(served, fakeserver.ErrClosed) || errors.Is(served, net.ErrClosed) {
		served = nil
	}
	return errors.Join(err, served)
}

// exercised reports whether the client has met the fault of the case.
func (s *stage) exercised(c *Case) bool {
	if c.cut != nil {
		return s.line.hasCut()
	}
	return s.play.Exercised()
}

// evidence returns what the server has seen.
func (s *stage) evidence() (sessions []session, mail map[string][][]byte, uids, left []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.play.Transcripts() {
		one := session{Transcript: t, octets: s.told[t.Session]}
		if !one.secured() {
			s.line.mu.Lock()
			one.octets = slices.Clone(s.line.sent[t.Session]) // as they were after the line's fault
			one.cutHere = s.line.fired && t.Session == s.line.firedIn
			s.line.mu.Unlock()
		}
		sessions = append(sessions, one)
	}
	return sessions, maps.Clone(s.mail), slices.Clone(s.uids), s.drop.UIDs()
}
