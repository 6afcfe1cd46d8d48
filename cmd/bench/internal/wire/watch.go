package wire

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Watch sees what passes on a line and measures: octets and messages over time, and how long each
// command takes, from the moment its line passes on to the server to the last octet of the reply on
// its way to the client. It understands POP3 only as far as that needs, and costs the line a search
// for the end of each message: a watched visit is never one of those that figures are taken from.
type Watch struct {
	now   func() time.Time
	verbs []string // whose times are kept; no table grows with a client's nonsense

	lock     sync.Mutex
	start    time.Time
	rate     timeline
	took     map[string]*hdrhistogram.Histogram // by verb, microseconds
	messages int64
	octets   int64
}

// NewWatch returns a watch that keeps the times of these verbs.
func NewWatch(now func() time.Time, verbs ...string) *Watch {
	return &Watch{now: now, verbs: verbs, start: now(), took: map[string]*hdrhistogram.Histogram{}}
}

// Begin forgets what was seen before. A nil watch has seen nothing.
func (w *Watch) Begin() {
	if w == nil {
		return
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	w.start, w.rate, w.messages, w.octets = w.now(), timeline{}, 0, 0
	clear(w.took)
}

// session returns the two eyes for one connection: for what the client sends and for what the
// server sends. They see octets before they are passed on. A nil watch has none.
func (w *Watch) session() (commands, replies func([]byte)) {
	if w == nil {
		return nil, nil
	}
	s := &watchedSession{watch: w}
	return s.commands, s.replies
}

// Seen returns the octets and messages over time, and the latency of the first of its verbs that
// was sent; nil when no verb was.
func (w *Watch) Seen() ([]Sample, *Latency) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.rate.add(w.now().Sub(w.start), w.octets, w.messages)
	for _, verb := range w.verbs {
		if h := w.took[verb]; h != nil {
			return w.rate.samples(), LatencyOf(verb, h)
		}
	}
	return w.rate.samples(), nil
}

// watchedSession is one connection that is watched.
type watchedSession struct {
	watch    *Watch
	line     []byte    // start of a command line whose end has not passed yet
	waiting  []command // sent, and not answered to the end; the first is the one that is answered
	response bool      // the next line of the client belongs to AUTH and is no command
	status   []byte    // start of a status line, as line
	greeted  bool
	body     *ending // of the reply that is passing, nil between replies
}

type command struct {
	verb string
	args bool
	at   time.Time
}

// mostLine bounds what is kept of a line: verbs and status are at its start.
const mostLine = 512

// commands sees what the client sends.
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

// cutLine takes one line off b, with what was kept of its start; nil when its end is not
// there, and then it is kept.
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

// replies sees what the server sends.
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
	s.watch.rate.add(now.Sub(s.watch.start), s.watch.octets, s.watch.messages)
}

func (s *watchedSession) statusLine(line []byte, now time.Time) {
	switch {
	case !s.greeted:
		s.greeted = true
	case len(s.waiting) == 0: // the server speaks unasked
	case s.waiting[0].verb == "AUTH" && bytes.HasPrefix(line, []byte("+ ")):
		s.response = true
	case bytes.HasPrefix(line, []byte("+OK")) && s.waiting[0].many():
		s.body = newEnding()
	default:
		s.answered(now)
	}
}

// many reports whether a good reply has more than one line.
func (c command) many() bool {
	switch c.verb {
	case "RETR", "TOP", "CAPA":
		return true
	case "LIST", "UIDL", "AUTH":
		return !c.args
	}
	return false
}

// answered ends the command that was waiting first.
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

// newEnding begins after a status line, whose CRLF may be the first of the end.
func newEnding() *ending { return &ending{[]byte("\r\n")} }

// pass looks at the next octets; when the end is among them it returns those behind it.
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
