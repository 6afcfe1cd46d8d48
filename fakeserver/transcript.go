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
	Ended   time.Time // zero while the session is open
	// User is the user whom the session named last, if that user exists, and Visit the number of
	// the session among those of that user, from 1.
	User  string
	Visit int
	Lines []string
	// Marks say when lines came, if Options.Timed is set, and which rules have fired, in order.
	Marks []Mark
	// Commands holds the client's commands in order, as long as there is room.
	Commands []Command
	// LeftOut counts the lines left out for lack of room.
	LeftOut int
	// Before is the maildrop at login, and After at the end of the session, with Options.Timed; nil
	// where the session did not get so far. They are not to be changed.
	Before, After *Snapshot
}

func (t Transcript) String() string { return strings.Join(t.Lines, "\n") }

// Mark is about the line of a transcript with this index, and about what follows it. A rule stands
// before the line that is the answer to it, also when there is no answer.
type Mark struct {
	Line int
	At   time.Duration // since the session began; 0 without Options.Timed
	// Rule and Fault are the texts of Rule.Named; they are empty when the mark is only about time.
	Rule, Fault string
}

// archive holds the latest transcripts of ended sessions.
type archive struct {
	kept   []Transcript
	octets int
	lost   int // transcripts that were dropped
}

// add returns the octets that t takes.
func (a *archive) add(t Transcript) int {
	a.kept = append(a.kept, t)
	weight := t.weight()
	a.octets += weight
	return weight
}

// drop drops the oldest transcript, and returns the octets that it took.
func (a *archive) drop() int {
	weight := a.kept[0].weight()
	a.kept[0] = Transcript{} // the slice may live on
	a.kept = a.kept[1:]
	a.octets -= weight
	a.lost++
	return weight
}

func (a *archive) copies() []Transcript {
	all := slices.Clone(a.kept)
	for i := range all {
		all[i].Lines = slices.Clone(all[i].Lines)
		all[i].Commands = slices.Clone(all[i].Commands)
		all[i].Marks = slices.Clone(all[i].Marks)
	}
	return all
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
	for _, s := range []*Snapshot{t.Before, t.After} {
		if s != nil {
			n += 64 + len(s.UIDs)*32
		}
	}
	return n + len(t.Marks)*64
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
	tap     func(session int, octets []byte)
	silent  bool // the connection carries a TLS handshake
	inBody  bool
	octets  int64  // of the body so far
	body    []byte // of the body so far, while it is short

	commands      []Command
	commandOctets int

	timed bool
	began time.Time
	count int  // of finished lines
	due   bool // the next line is marked with its time
	marks []mark
}

// mark is a Mark whose rule may still be renamed.
type mark struct {
	line int
	at   time.Duration
	rule named
}

// named is a rule: its name, and a text about its fault.
type named interface{ about() (name, fault string) }

func (r *recorder) begin(number int, remote net.Addr, started time.Time, limit int, timed bool) {
	r.head = Transcript{Session: number, Started: started}
	if r.timed = timed; timed {
		r.began, r.due = time.Now(), true
	}
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
	t.Marks = marksOf(r.marks)
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
	r.due = r.timed
	c.line = r.count
	r.add("C: ", line)
	r.due = r.timed
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
	if r.limit == 0 && r.tap == nil || len(p) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.silent {
		return
	}
	if r.tap != nil {
		r.tap(r.head.Session, p)
	}
	if r.limit == 0 {
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
		r.due = r.timed
		r.mark(nil)
		r.text = append(append(append(r.text, '['), text...), "]\n"...)
		r.count++
	}
}

func (r *recorder) add(prefix string, l []byte) {
	if len(r.text)+len(l) > r.limit {
		r.head.LeftOut++
		return
	}
	r.mark(nil)
	r.text = append(r.text, prefix...)
	r.text = append(notation.Escape(r.text, l), '\n')
	r.count++
}

// mark marks the next line with its time, if that is due, or with a rule.
func (r *recorder) mark(rule named) {
	if rule == nil && !r.due || len(r.marks) >= r.limit/64 {
		return
	}
	m := mark{line: r.count, rule: rule}
	if r.timed {
		m.at = time.Since(r.began)
	}
	r.marks = append(r.marks, m)
	r.due = false
}

// ruled records that a rule answers what comes next.
func (r *recorder) ruled(rule named) {
	if r.limit == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.breakLine()
	r.mark(rule)
	r.due = r.timed
}

// ended records the end.
func (r *recorder) ended(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head.Ended = now
}

// waited records that the server has waited inside a reply.
func (r *recorder) waited() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.due = r.timed
}

// belongs records whose session it is.
func (r *recorder) belongs(user string, visit int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head.User, r.head.Visit = user, visit
}

// received returns the number of commands that match.
func (r *recorder) matching(m Match, session int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return matching(m, session, r.commands)
}

// number returns the number of the session, as the server counts. It never changes.
func (r *recorder) number() int { return r.head.Session }

// matching returns the number of commands that match.
func matching(m Match, session int, commands []Command) (count int) {
	for _, c := range commands {
		if m.Matches(session, c) {
			count++
		}
	}
	return count
}

func marksOf(list []mark) []Mark {
	var all []Mark
	for _, m := range list {
		one := Mark{Line: m.line, At: m.at}
		if m.rule != nil {
			one.Rule, one.Fault = m.rule.about()
		}
		all = append(all, one)
	}
	return all
}
