package wire

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Watch measures a line: octets and messages over time, and how long each command takes, from the
// moment when the relay sends its line to the server to the moment when the relay sends the last
// octet of the reply to the client. It understands just enough POP3 for that. Since it searches for
// the end of each message it slows the line down, so rates are never taken from a watched visit.
type Watch struct {
	now   func() time.Time
	verbs []string // whose times are kept; other verbs are ignored, so that a client cannot fill the table

	lock     sync.Mutex
	start    time.Time
	rate     Timeline
	took     map[string]*hdrhistogram.Histogram // by verb, microseconds
	messages int64
	octets   int64
}

// NewWatch returns a watch that measures the latency of the given verbs.
func NewWatch(now func() time.Time, verbs ...string) *Watch {
	return &Watch{now: now, verbs: verbs, start: now(), took: map[string]*hdrhistogram.Histogram{}}
}

// Begin discards everything that was measured before. It does nothing on a nil watch.
func (w *Watch) Begin() {
	if w == nil {
		return
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	w.start, w.rate, w.messages, w.octets = w.now(), Timeline{}, 0, 0
	clear(w.took)
}

// session returns two functions for a new connection. The relay calls them with the octets of the
// client and of the server, before it passes them on. They are nil for a nil watch.
func (w *Watch) session() (commands, replies func([]byte)) {
	if w == nil {
		return nil, nil
	}
	s := &watchedSession{watch: w}
	return s.commands, s.replies
}

// Seen returns the octets and messages over time, and the latency of the first of the watch's verbs
// that was sent, or nil when none of them was.
func (w *Watch) Seen() ([]Sample, *Latency) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.rate.Add(w.now().Sub(w.start), w.octets, w.messages)
	for _, verb := range w.verbs {
		if h := w.took[verb]; h != nil {
			return w.rate.Samples(), LatencyOf(verb, h)
		}
	}
	return w.rate.Samples(), nil
}

// watchedSession holds the state of one watched connection.
type watchedSession struct {
	watch    *Watch
	line     []byte    // start of a command line whose end was not read yet
	waiting  []command // sent, but without a complete reply; the reply being read belongs to the first
	response bool      // the next line of the client is a response to AUTH, not a command
	status   []byte    // start of a status line whose end was not read yet
	greeted  bool
	body     *ending // of the multi-line reply being read, nil outside of one
}

type command struct {
	verb string
	args bool
	at   time.Time
}

// mostLine limits how much of a line is kept. Verb and status are at its start.
const mostLine = 512

// commands reads octets that the client sent.
func (s *watchedSession) commands(b []byte) {
	s.watch.lock.Lock()
	defer s.watch.lock.Unlock()
	now := s.watch.now()
	for len(b) > 0 {
		var whole []byte
		if whole, b = cutLine(&s.line, b); whole == nil {
			return
		}
		if s.response {
			s.response = false
			continue
		}
		verb, args, _ := strings.Cut(strings.TrimSpace(string(whole)), " ")
		s.waiting = append(s.waiting, command{strings.ToUpper(verb), args != "", now})
	}
}

// cutLine returns the first line, which is start followed by the octets of b up to LF, and the rest
// of b. When b has no LF it adds b to start and returns nil.
func cutLine(start *[]byte, b []byte) (line, rest []byte) {
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		*start = append(*start, b[:min(len(b), max(0, mostLine-len(*start)))]...)
		return nil, nil
	}
	line = append(slices.Clone(*start), b[:min(n+1, max(0, mostLine-len(*start)))]...)
	*start = (*start)[:0]
	return line, b[n+1:]
}

// replies reads octets that the server sent.
func (s *watchedSession) replies(b []byte) {
	s.watch.lock.Lock()
	defer s.watch.lock.Unlock()
	now := s.watch.now()
	s.watch.octets += int64(len(b))
	for len(b) > 0 {
		if s.body != nil {
			rest, over := s.body.pass(b)
			if !over {
				break
			}
			b, s.body = rest, nil
			s.answered(now)
			continue
		}
		var line []byte
		if line, b = cutLine(&s.status, b); line != nil {
			s.statusLine(line, now)
		}
	}
	s.watch.rate.Add(now.Sub(s.watch.start), s.watch.octets, s.watch.messages)
}

func (s *watchedSession) statusLine(line []byte, now time.Time) {
	switch {
	case !s.greeted:
		s.greeted = true
	case len(s.waiting) == 0: // a line that replies to no command
	case s.waiting[0].verb == "AUTH" && bytes.HasPrefix(line, []byte("+ ")):
		s.response = true
	case bytes.HasPrefix(line, []byte("+OK")) && s.waiting[0].many():
		s.body = newEnding()
	default:
		s.answered(now)
	}
}

// many reports whether a positive reply has more than one line.
func (c command) many() bool {
	switch c.verb {
	case "RETR", "TOP", "CAPA":
		return true
	case "LIST", "UIDL", "AUTH":
		return !c.args
	}
	return false
}

// answered records that the reply to the first waiting command is complete.
func (s *watchedSession) answered(now time.Time) {
	c := s.waiting[0]
	s.waiting = s.waiting[1:]
	if c.verb == "RETR" || c.verb == "TOP" {
		s.watch.messages++
	}
	if slices.Contains(s.watch.verbs, c.verb) {
		h := s.watch.took[c.verb]
		if h == nil {
			h = NewHistogram()
			s.watch.took[c.verb] = h
		}
		Record(h, now.Sub(c.at))
	}
}

// ending finds the line with a single dot that ends a reply (RFC 1939 section 3), across reads.
type ending struct{ tail []byte }

const lastLine = "\r\n.\r\n"

// newEnding returns an ending for the octets after a status line. The CRLF of the status line can
// be the start of the final CRLF "." CRLF.
func newEnding() *ending { return &ending{[]byte("\r\n")} }

// pass reads the next octets. When the end is among them it returns the octets after the end, and
// true.
func (e *ending) pass(b []byte) (rest []byte, over bool) {
	seam := append(slices.Clip(e.tail), b[:min(len(b), len(lastLine)-1)]...)
	if i := bytes.Index(seam, []byte(lastLine)); i >= 0 {
		return b[i+len(lastLine)-len(e.tail):], true
	}
	if i := bytes.Index(b, []byte(lastLine)); i >= 0 {
		return b[i+len(lastLine):], true
	}
	if len(b) < len(lastLine)-1 {
		b = seam
	}
	e.tail = append(e.tail[:0:0], b[max(0, len(b)-len(lastLine)+1):]...)
	return nil, false
}
