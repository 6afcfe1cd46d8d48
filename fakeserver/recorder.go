package fakeserver

import (
	"bytes"
	"net"
	"sync"
	"time"
)

const (
	// bodyShown is the longest body that a transcript shows in full.
	bodyShown = 2 << 10
	// lineShown is the longest part of a line that a transcript shows.
	lineShown = 1 << 10
)

// recorder writes the journal of a session. It is for the session's goroutine; what others may know
// is what it has published, so that recording a command takes no lock.
type recorder struct {
	limit  int // of octets of lines, and of octets of commands
	tap    func(session int, octets []byte)
	lender *lender
	silent bool // the connection carries a TLS handshake
	inBody bool
	long   bool   // the body is longer than bodyShown
	octets int64  // of the body so far
	body   []byte // of the body so far, while it is short; nil: nothing
	missed int    // lines of a short body for which there is no room
	watch  stopwatch
	timed  bool
	due    bool          // the next line is marked with its time
	last   time.Duration // with which a line was marked

	journal  journal
	lines    int // octets of them
	commands int // octets of them

	mu     sync.Mutex
	public journal
}

func (r *recorder) begin(number int, remote net.Addr, started time.Time, limit int, timed bool) {
	r.journal.head = Transcript{Session: number, Started: started}
	if r.timed = timed; timed {
		r.watch.start()
		r.due = true
	}
	if remote != nil {
		r.journal.head.Remote = remote.String()
	}
	r.limit = max(limit, 0)
	r.publish()
}

// publish lets others know what was recorded. It is called before anything that may take time, and
// before the client can see an answer.
func (r *recorder) publish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.public = r.journal
	r.public.partial = bytes.Clone(r.journal.partial)
}

// known returns what was published. It may be called from any goroutine.
func (r *recorder) known() journal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.public
}

// number returns the number of the session, as the server counts. It never changes.
func (r *recorder) number() int { return r.journal.head.Session }

// client records a line, with secrets masked, and its command.
func (r *recorder) client(k kind, line []byte, c *Command) {
	r.breakLine()
	r.due = r.timed
	user := c.User
	if r.commands += c.weight(); r.commands > r.limit {
		k, user = k|uncounted, ""
	}
	if !r.fits(line) {
		k |= unshown
	}
	if k&uncounted != 0 && k&unshown != 0 {
		return
	}
	j := &r.journal
	r.mark(k, 5*longestNumber+len(c.Args)+len(c.Message)+len(line))
	j.number(int(c.State))
	if k&kindOnly == responded {
		j.text([]byte(c.Args))
	}
	j.number(j.user(user))
	j.text([]byte(c.Message))
	j.text(line)
	if k&uncounted == 0 {
		j.heard++
	}
	r.due = r.timed
}

// received records the size of a body from the client.
func (r *recorder) received(octets int64) {
	if r.limit == 0 {
		return
	}
	r.breakLine()
	r.size(bodyHeard, octets)
}

// server records output of the server.
func (r *recorder) server(p []byte) {
	if r.limit == 0 && r.tap == nil || len(p) == 0 || r.silent {
		return
	}
	if r.tap != nil {
		r.tap(r.number(), p)
	}
	if r.limit == 0 {
		return
	}
	if !r.inBody {
		r.output(p)
		return
	}
	switch r.octets += int64(len(p)); {
	case r.long, r.octets > bodyShown:
	case r.full():
		r.missed += bytes.Count(p, newline)
	default:
		if r.body == nil {
			r.body = r.lender.piece()
		}
		r.body = append(r.body, p...)
	}
}

var newline = []byte("\n")

// full reports whether there is no room for any line.
func (r *recorder) full() bool { return r.lines > r.limit && len(r.journal.partial) == 0 }

// output records octets of lines.
func (r *recorder) output(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n') + 1
		switch {
		case i == 0:
			r.partly(p)
			return
		case len(r.journal.partial) == 0 && i <= lineShown:
			r.line(p[:i])
		default:
			r.partly(p[:i])
			r.breakLine()
		}
		p = p[i:]
	}
}

// partly keeps a part of a line.
func (r *recorder) partly(p []byte) {
	r.journal.partial = append(r.journal.partial, p[:min(len(p), lineShown-min(len(r.journal.partial), lineShown))]...)
}

// breakLine ends the unfinished line of the server.
func (r *recorder) breakLine() {
	if len(r.journal.partial) > 0 {
		r.line(r.journal.partial)
		r.journal.partial = r.journal.partial[:0]
	}
}

// line records a line of the server.
func (r *recorder) line(l []byte) {
	if l = bytes.TrimSuffix(l, []byte("\r\n")); r.fits(l) {
		r.mark(fromServer, longestNumber+len(l))
		r.journal.text(l)
	}
}

// besides is what a line takes besides its octets.
const besides = len("S: \n")

// fits takes room for a line; without room the line is left out.
func (r *recorder) fits(l []byte) bool {
	if r.lines+len(l) > r.limit {
		r.journal.head.LeftOut++
		return false
	}
	r.lines += len(l) + besides
	return true
}

// passage records many lines at once, if there is room for all. What follows the last line end is
// the beginning of a line.
func (r *recorder) passage(p []byte) {
	whole := bytes.LastIndexByte(p, '\n') + 1
	need := whole + (besides-len("\r\n"))*bytes.Count(p, newline)
	if whole == 0 || len(r.journal.partial) > 0 || r.lines+need > r.limit {
		r.output(p)
		return
	}
	r.lines += need
	r.mark(passage, longestNumber+whole)
	r.journal.text(p[:whole])
	r.output(p[whole:])
}

// mark begins an entry that takes some octets, with the time if that is due and not that of before.
func (r *recorder) mark(k kind, need int) {
	at := time.Duration(0)
	if r.due && k&unshown == 0 {
		r.due = false
		if now := r.watch.read(); now != r.last {
			r.last, at = now, now
		}
	}
	r.journal.begin(k, at, need)
}

// silence stops recording output, until it is called with false.
func (r *recorder) silence(on bool) { r.silent = on }

// beginBody says that what follows is a body of at least that many octets.
func (r *recorder) beginBody(least int64) {
	r.inBody, r.long, r.octets, r.missed = true, least > bodyShown, 0, 0
}

// endBody records a short body, or the size of a long one.
func (r *recorder) endBody() {
	r.inBody = false
	switch {
	case r.limit == 0 || r.octets == 0:
	case !r.long && r.octets <= bodyShown:
		r.journal.head.LeftOut += r.missed
		r.passage(r.body)
	default:
		r.breakLine()
		r.size(bodySent, r.octets)
	}
	if r.body != nil {
		r.lender.takePiece(r.body)
		r.body = nil
	}
}

// size records the size of a body.
func (r *recorder) size(k kind, octets int64) {
	if r.fits([]byte("[12345678 octets]")) {
		r.mark(k, longestNumber)
		r.journal.number(int(octets))
	}
}

// event adds a remark, even when the transcript is full.
func (r *recorder) event(text string) {
	r.breakLine()
	if r.limit > 0 {
		r.passed()
		r.mark(remark, longestNumber+len(text))
		r.journal.text([]byte(text))
	}
}

// ruled records that a rule answers what comes next.
func (r *recorder) ruled(rule named) {
	if r.limit == 0 {
		return
	}
	r.breakLine()
	r.passed()
	if r.journal.fired < r.limit/64 {
		r.mark(ruled, longestNumber)
		r.journal.number(r.journal.rule(rule))
		r.journal.fired++
	}
	r.due = r.timed
}

// passed says that time has passed, so that the next line is marked.
func (r *recorder) passed() {
	r.watch.passed()
	r.due = r.timed
}

// ended records the end.
func (r *recorder) ended(now time.Time) {
	r.journal.head.Ended = now
	r.publish()
}

// belongs records whose session it is.
func (r *recorder) belongs(user string, visit int) {
	r.journal.head.User, r.journal.head.Visit = user, visit
}
