package features

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
)

// staysUp is a {network} that is there again when a line has broken.
const staysUp = ", and the next one can be had at once"

// nowhere is the port of tcpmux, a service that is no longer used.
const nowhere = 1

// lines dials the client's connections, and counts the open ones.
type lines struct {
	mu     sync.Mutex
	open   int
	failed error    // the error of each dial; nil: dialing works
	down   bool     // dialing fails until the next command
	ended  []func() // called when a connection is closed, or when dialing failed
	dialer net.Dialer
	server string       // the address of the server, which every host name stands for
	seen   bytes.Buffer // the beginning of what was sent over all connections; see Write
}

func (l *lines) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	failed, server := l.failed, l.server
	if l.down {
		failed = errors.New("the network is down")
	}
	l.mu.Unlock()
	if _, port, err := net.SplitHostPort(address); err == nil && server != "" && port != strconv.Itoa(nowhere) {
		address = server
	}
	if failed != nil {
		return nil, failed
	}
	conn, err := l.dialer.DialContext(ctx, network, address)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil { // a cancelled dial may still have reached the server
		for _, f := range l.ended {
			f()
		}
		return nil, err
	}
	l.open++
	return &line{Conn: conn, lines: l}, nil
}

// reach sets the address of the server.
func (l *lines) reach(server string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.server = server
}

// fail makes all later dials fail with err.
func (l *lines) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = err
}

// goDown makes all dials fail until the next command, or ends that.
func (l *lines) goDown(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// whenOneEnds makes lines call f each time a connection is closed.
func (l *lines) whenOneEnds(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = append(l.ended, f)
}

func (l *lines) isDown() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down
}

func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// line is a connection that reports when it is closed.
type line struct {
	net.Conn
	lines *lines
	once  sync.Once
}

func (c *line) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.lines.mu.Lock()
		defer c.lines.mu.Unlock()
		c.lines.open--
		for _, f := range c.lines.ended {
			f()
		}
	})
	return err
}

// maxSeen limits the octets that a scenario keeps of all connections. It is enough for the logins,
// which come early.
const maxSeen = 64 << 10

// Write keeps the octets that an eavesdropper could read.
func (c *line) Write(p []byte) (int, error) {
	c.lines.mu.Lock()
	c.lines.seen.Write(p[:min(len(p), maxSeen-c.lines.seen.Len())])
	c.lines.mu.Unlock()
	return c.Conn.Write(p)
}

// show reports whether a secret went over a connection, in clear text or in base64.
func (l *lines) show(secret string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(l.seen.Bytes(), []byte(secret)) {
		return true
	}
	for word := range bytes.FieldsSeq(l.seen.Bytes()) {
		if plain, err := base64.StdEncoding.DecodeString(string(word)); err == nil && bytes.Contains(plain, []byte(secret)) {
			return true
		}
	}
	return false
}

// accepted is the server's listener; it can close the newest connection.
type accepted struct {
	net.Listener
	down   func() bool   // no connection is accepted while it returns true; nil for a client that dials by lines
	asked  chan struct{} // closed when the server waits for its first connection
	first  sync.Once
	mu     sync.Mutex
	newest net.Conn
}

// Accept accepts a connection and remembers it as the newest.
func (a *accepted) Accept() (net.Conn, error) {
	a.first.Do(func() { close(a.asked) })
	conn, err := a.Listener.Accept()
	for err == nil && a.down != nil && a.down() {
		conn.Close()
		conn, err = a.Listener.Accept()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.newest = conn
	return conn, err
}

func (a *accepted) drop() error {
	if a == nil {
		return errors.New("no server yet")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.newest == nil {
		return errors.New("nobody is connected")
	}
	return a.newest.Close()
}

// silence stops the server in the middle of an answer, until the client has closed the connection.
type silence struct {
	reached chan struct{} // closed when the server has fallen silent
	over    chan struct{}
	begin   sync.Once
	finish  sync.Once
}

func newSilence() *silence {
	return &silence{reached: make(chan struct{}), over: make(chan struct{})}
}

func (s *silence) end() { s.finish.Do(func() { close(s.over) }) }

// after returns an edit that sends this number of octets of the answer before the silence.
func (s *silence) after(octets int64) edit.Edit {
	return func(r edit.Reply) edit.Reply {
		cut := edit.CutAfter(octets, edit.Open)(r)
		// A pause, however short, sends the octets before it.
		return append(cut, edit.Chunk{Pause: 1, Body: s})
	}
}

// WriteTo blocks until the silence is over, writes nothing, and returns an error that ends the
// session.
func (s *silence) WriteTo(io.Writer) (int64, error) {
	s.begin.Do(func() { close(s.reached) })
	<-s.over
	return 0, errors.New("the silence is over")
}

// sent counts the messages and headers that the server sent completely, by unique-id.
type sent struct {
	mu      sync.Mutex
	numbers map[int][]string          // by session, the unique-ids of its messages
	counts  map[string]map[string]int // "message" or "header", unique-id
	order   []string                  // unique-ids of messages
}

// watch adds counting rules behind all rules that are added later, so a message with a fault is not
// counted.
func (s *sent) watch(server *fakeserver.Server, drop *fakeserver.Maildrop) {
	s.numbers = make(map[int][]string)
	s.counts = map[string]map[string]int{"message": {}, "header": {}}
	remember := func(x *fakeserver.Exchange) edit.Reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.numbers[x.Session.Number()] = drop.UIDs()
		return fakeserver.Auto(x)
	}
	for _, verb := range []string{"PASS", "APOP", "AUTH", "RESPONSE"} {
		server.On(fakeserver.Match{Verb: verb}, remember)
	}
	server.On(fakeserver.Match{Verb: "RETR"}, s.counter("message", ""))
	server.On(fakeserver.Match{Verb: "TOP"}, s.counter("header", "1"))
}

// counter returns a handler that counts a thing for each request whose last argument is last.
func (s *sent) counter(thing, last string) fakeserver.Handler {
	return func(x *fakeserver.Exchange) edit.Reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		uids := s.numbers[x.Session.Number()]
		number, rest, _ := strings.Cut(strings.TrimSpace(x.Args), " ")
		if n, err := strconv.Atoi(number); err == nil && rest == last && n >= 1 && n <= len(uids) {
			s.counts[thing][uids[n-1]]++
			if thing == "message" {
				s.order = append(s.order, uids[n-1])
			}
		}
		return fakeserver.Auto(x)
	}
}

// messages returns the unique-ids of the messages that were sent, in order.
func (s *sent) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order)
}

// twice returns the unique-ids of messages of which the thing was sent more than once.
func (s *sent) twice(thing string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var uids []string
	for uid, n := range s.counts[thing] {
		if n > 1 {
			uids = append(uids, uid)
		}
	}
	return uids
}
