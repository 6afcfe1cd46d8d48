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
	limit    int // of octets of lines, and of octets of commands
	tap      func(session int, octets []byte)
	lender   *lender
	silent   bool // output is not recorded: a TLS handshake, or mail that endMail records
	inBody   bool
	long     bool   // the body is longer than bodyShown
	octets   int64  // of the body so far
	body     []byte // of the body so far, while it is short; nil: nothing
	missed   int    // lines for which there is no room: of a short body, and with counting of its status line
	counting bool   // what is sent in silence counts as missed
	watch    stopwatch
	timed    bool
	due      bool          // the next line is marked with its time
	last     time.Duration // with which a line was marked

	held     held
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
	r.settle()
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

// client records a line, with secrets masked, and its command. A command that asks for mail is
// held: its line must stay valid until settle is called.
func (r *recorder) client(k kind, line []byte, c *Command, mail bool) {
	r.settle()
	r.breakLine()
	r.due = r.timed
	user := c.User
	if r.commands += c.weight(); r.commands > r.limit {
		k, user = k|uncounted, ""
	}
	if mail && r.tap == nil && r.lines+len(line) <= r.limit {
		h := &r.held
		h.kind, h.at, h.state, h.user, h.line = k, r.time(), c.State, user, line
		r.due = r.timed
		return
	}
	if !r.fits(line) {
		k |= unshown
	}
	if k&uncounted != 0 && k&unshown != 0 {
		return
	}
	r.mark(k, 5*longestNumber+len(c.Args)+len(c.Message)+len(line))
	r.journal.client(k, c.State, c.Args, user, c.Message, line)
	r.due = r.timed
}

// unmarked reports whether a line that comes now needs no mark.
func (r *recorder) unmarked() bool { return !r.due || !r.watch.stale && r.watch.now == r.last }

// settle records what is held. It is called before the input buffer or scratch memory is used
// again.
func (r *recorder) settle() {
	if r.held.line != nil || r.held.status != nil {
		r.apart()
	}
}

// apart records each line that is held as an entry of its own.
func (r *recorder) apart() {
	h, due := r.held, r.due
	r.held, r.due = held{}, false
	if h.line != nil && r.fits(h.line) {
		r.journal.begin(h.kind, h.at, 4*longestNumber+len(h.line))
		r.journal.client(h.kind, h.state, "", h.user, "", h.line)
	}
	if h.status != nil {
		r.line(h.status)
	}
	r.due = due
}

// beginMail reports whether a status line and a message of about that many octets, which follow,
// are to be sent in silence and recorded by endMail: those after a held command if all have room,
// and any when the transcript is full. Otherwise they are recorded like any other output.
func (r *recorder) beginMail(status []byte, octets int64) bool {
	if r.limit == 0 {
		return r.tap == nil
	}
	long := octets > bodyShown
	need := len(r.held.line) + len(status) + len(sizeShown) + len(dot) + 3*besides
	switch {
	case r.tap != nil || len(r.journal.partial) > 0:
		return false
	case r.held.line != nil && long && r.unmarked() && r.lines+need <= r.limit:
		r.due = false
	case r.held.line != nil || !r.full():
		return false
	}
	r.held.status = status
	r.counting, r.missed = !long, 0
	return true
}

// endMail records the status line and a message of that many octets, and its closing dot if it is
// complete. All three are sent in silence.
func (r *recorder) endMail(octets int64, complete bool) {
	if r.limit == 0 {
		return
	}
	if h := &r.held; complete && octets > 0 && h.line != nil {
		status := h.status[:len(h.status)-len("\r\n")]
		r.lines += len(h.line) + len(status) + len(sizeShown) + len(dot) + 4*besides
		r.journal.mail(h, status, octets)
		h.line, h.status = nil, nil
		return
	}
	r.settle()
	switch {
	case octets == 0:
	case r.counting && octets <= bodyShown:
		r.journal.head.LeftOut += r.missed - 1 // the status line was counted too
	default:
		r.size(bodySent, octets)
	}
	r.counting = false
	if complete {
		r.line([]byte(dot))
	}
}

// received records the size of a body from the client.
func (r *recorder) received(octets int64) {
	if r.limit == 0 {
		return
	}
	r.settle()
	r.breakLine()
	r.size(bodyHeard, octets)
}

// server records output of the server.
func (r *recorder) server(p []byte) {
	if r.limit == 0 && r.tap == nil || len(p) == 0 {
		return
	}
	if r.silent {
		if r.counting {
			r.missed += bytes.Count(p, newline)
		}
		return
	}
	if r.tap != nil {
		r.tap(r.number(), p)
	}
	if r.limit == 0 {
		return
	}
	r.settle()
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
func (r *recorder) full() bool { return r.lines >= r.limit && len(r.journal.partial) == 0 }

// ignores reports whether there is room neither for lines nor for commands. Then it counts the line
// of the client as left out.
func (r *recorder) ignores() bool {
	if !r.full() || r.commands <= r.limit {
		return false
	}
	r.journal.head.LeftOut++
	return true
}

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
	if r.lines+max(len(l), 1) > r.limit {
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
		at = r.time()
	}
	r.journal.begin(k, at, need)
}

// time returns the time for the mark of a line that comes now, or 0 when it is that of the last
// mark.
func (r *recorder) time() time.Duration {
	r.due = false
	if now := r.watch.read(); now != r.last {
		r.last = now
		return now
	}
	return 0
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

// sizeShown stands for the size of a body when room is computed.
const sizeShown = "[12345678 octets]"

// size records the size of a body.
func (r *recorder) size(k kind, octets int64) {
	if r.fits([]byte(sizeShown)) {
		r.mark(k, longestNumber)
		r.journal.number(int(octets))
	}
}

// event adds a remark, even when the transcript is full.
func (r *recorder) event(text string) {
	r.settle()
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
	r.settle()
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
