package features

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	"pop3mtm/fakeserver"
)

// lines makes the client's connections and counts those that are open.
type lines struct {
	mu     sync.Mutex
	open   int
	failed error    // what a dial ends with, nil = it works
	ended  []func() // called when a line is closed
	dialer net.Dialer
}

func (l *lines) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	failed := l.failed
	l.mu.Unlock()
	if failed != nil {
		return nil, failed
	}
	conn, err := l.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
	return &line{Conn: conn, lines: l}, nil
}

// fail lets all later dials fail.
func (l *lines) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = err
}

// whenOneEnds calls f each time a line is closed.
func (l *lines) whenOneEnds(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = append(l.ended, f)
}

func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// line is a connection that tells when it is closed.
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

// silence is a server that stops in the middle of an answer, until the client has
// closed the line.
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

// after is an edit that lets octets of the answer through before the silence.
func (s *silence) after(octets int64) fakeserver.Edit {
	return func(r fakeserver.Reply) fakeserver.Reply {
		cut := fakeserver.CutAfter(octets, fakeserver.Open)(r)
		// A pause, however short, sends what is before it.
		return append(cut, fakeserver.Chunk{Pause: 1, Body: s})
	}
}

// WriteTo writes nothing until the silence is over; then the session ends.
func (s *silence) WriteTo(io.Writer) (int64, error) {
	s.begin.Do(func() { close(s.reached) })
	<-s.over
	return 0, errors.New("the silence is over")
}

// sent counts what the server sent whole: each message by its unique-id.
type sent struct {
	mu      sync.Mutex
	numbers map[int][]string // unique-ids of a session, message 1 first
	whole   map[string]int
}

// watch puts itself below all faults that follow: a message with a fault does not
// count as sent.
func (s *sent) watch(server *fakeserver.Server, drop *fakeserver.Maildrop) {
	s.numbers, s.whole = make(map[int][]string), make(map[string]int)
	remember := func(x *fakeserver.Exchange) fakeserver.Reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.numbers[x.Session.Number()] = drop.UIDs()
		return fakeserver.Auto(x)
	}
	server.On(fakeserver.Match{Verb: "PASS"}, remember)
	server.On(fakeserver.Match{Verb: "APOP"}, remember)
	server.On(fakeserver.Match{Verb: "RETR"}, func(x *fakeserver.Exchange) fakeserver.Reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		uids := s.numbers[x.Session.Number()]
		if n, err := strconv.Atoi(strings.TrimSpace(x.Args)); err == nil && n >= 1 && n <= len(uids) {
			s.whole[uids[n-1]]++
		}
		return fakeserver.Auto(x)
	})
}

// twice lists the unique-ids of messages that were sent more than once.
func (s *sent) twice() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var uids []string
	for uid, n := range s.whole {
		if n > 1 {
			uids = append(uids, uid)
		}
	}
	return uids
}
