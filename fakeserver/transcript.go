package fakeserver

import (
	"bytes"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"pop3mtm/fakeserver/notation"
)

// Transcript holds the traffic of one connection in the notation of the RFCs: lines that begin with
// "S: " or "C: ". Octets that are not text are escaped as in Go (\x00, \r, \n), passwords are
// masked, and long bodies are replaced by their octet count. Lines in brackets are remarks.
type Transcript struct {
	Session int // counted from 1
	Remote  string
	Started time.Time
	Lines   []string
	// Commands holds the client's commands in order, as long as there is room.
	Commands []Command
	// LeftOut counts the lines left out for lack of room.
	LeftOut int
}

func (t Transcript) String() string { return strings.Join(t.Lines, "\n") }

// archive holds the latest transcripts of ended sessions, as many as fit.
type archive struct {
	kept   []Transcript
	octets int
}

func (a *archive) add(t Transcript, limit int) {
	a.kept = append(a.kept, t)
	a.octets += t.weight()
	drop := 0
	for a.octets > limit && drop < len(a.kept) {
		a.octets -= a.kept[drop].weight()
		drop++
	}
	a.kept = slices.Delete(a.kept, 0, drop)
}

// weight returns the approximate memory of t.
func (t Transcript) weight() int {
	n := 128
	for _, l := range t.Lines {
		n += len(l) + 16
	}
	for _, c := range t.Commands {
		n += commandWeight(c)
	}
	return n
}

const (
	// bodyShown is the longest body that a transcript shows in full.
	bodyShown = 2 << 10
	// lineShown is the longest part of a line that a transcript shows.
	lineShown = 1 << 10
)

// recorder collects the transcript of one session.
type recorder struct {
	mu      sync.Mutex
	head    Transcript
	limit   int
	text    []byte // finished lines, each with LF
	partial []byte // of the server, no line end yet
	silent  bool   // the connection carries a TLS handshake
	inBody  bool
	octets  int64  // of the body so far
	body    []byte // of the body so far, while it is short

	commands      []Command
	commandOctets int
}

func (r *recorder) begin(number int, remote net.Addr, started time.Time, limit int) {
	r.head = Transcript{Session: number, Started: started}
	if remote != nil {
		r.head.Remote = remote.String()
	}
	r.limit = max(limit, 0)
}

func (r *recorder) transcript() Transcript {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.head
	t.Commands = slices.Clone(r.commands)
	if len(r.text) > 0 {
		t.Lines = strings.Split(strings.TrimSuffix(string(r.text), "\n"), "\n")
	}
	if len(r.partial) > 0 {
		t.Lines = append(t.Lines, "S: "+string(notation.Escape(nil, r.partial)))
	}
	return t
}

// client records a line, with secrets masked, and its command.
func (r *recorder) client(line []byte, c Command) {
	if r.limit == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.breakLine()
	r.add("C: ", line)
	if r.commandOctets += commandWeight(c); r.commandOctets <= r.limit {
		r.commands = append(r.commands, c)
	}
}

// received records the size of a body from the client.
func (r *recorder) received(octets int64) {
	if r.limit == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.breakLine()
	r.add("C: ", append(strconv.AppendInt([]byte("["), octets, 10), " octets]"...))
}

// server records output of the server.
func (r *recorder) server(p []byte) {
	if r.limit == 0 || len(p) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.silent {
		return
	}
	if r.inBody {
		r.octets += int64(len(p))
		if r.octets <= bodyShown {
			r.body = append(r.body, p...)
		}
		return
	}
	r.lines(p)
}

func (r *recorder) lines(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n') + 1
		if i == 0 {
			r.keepPartial(p)
			return
		}
		r.keepPartial(p[:i])
		r.breakLine()
		p = p[i:]
	}
}

func (r *recorder) keepPartial(p []byte) {
	r.partial = append(r.partial, p[:min(len(p), lineShown-min(len(r.partial), lineShown))]...)
}

// breakLine ends the unfinished line of the server.
func (r *recorder) breakLine() {
	if len(r.partial) > 0 {
		r.add("S: ", bytes.TrimSuffix(r.partial, []byte("\r\n")))
		r.partial = r.partial[:0]
	}
}

// silence stops recording output, until it is called with false.
func (r *recorder) silence(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = on
}

func (r *recorder) beginBody() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inBody, r.octets, r.body = true, 0, r.body[:0]
}

// endBody records a short body, or the size of a long one.
func (r *recorder) endBody() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inBody = false
	if r.limit == 0 || r.octets == 0 {
		return
	}
	if r.octets <= bodyShown {
		r.lines(r.body)
		return
	}
	r.breakLine()
	r.add("S: ", append(strconv.AppendInt([]byte("["), r.octets, 10), " octets]"...))
}

// event adds a remark, even when the transcript is full.
func (r *recorder) event(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.breakLine()
	if r.limit > 0 {
		r.text = append(append(append(r.text, '['), text...), "]\n"...)
	}
}

func (r *recorder) add(prefix string, l []byte) {
	if len(r.text)+len(l) > r.limit {
		r.head.LeftOut++
		return
	}
	r.text = append(r.text, prefix...)
	r.text = append(notation.Escape(r.text, l), '\n')
}
