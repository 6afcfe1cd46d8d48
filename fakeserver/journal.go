package fakeserver

import (
	"encoding/binary"
	"iter"
	"slices"
	"strings"
	"time"
)

// journal holds what was said in one session in compact form: octets without pointers, which cost
// little to append and nothing to keep. A transcript is made from it when somebody asks. It only
// grows, so a copy of the struct holds the session up to the time of the copy.
//
// An entry is an octet with its kind, the time if it is marked with one, and what its kind needs:
// numbers of seven bits per octet, and texts after their lengths.
type journal struct {
	head    Transcript // without what the entries say
	octets  []byte     // the latest entries
	full    [][]byte   // the entries before them
	before  int        // the octets in full
	users   []string   // of commands, each when it is another than before
	rules   []named    // that have fired, each once
	partial []byte     // of the server: a line that has no end yet
	heard   int        // how many commands came
	fired   int        // how often rules answered
}

// named is a rule: its name, and a text about its fault.
type named interface{ about() (name, fault string) }

// kind is the kind of an entry in its lower four bits, and flags in the bits above.
type kind byte

const (
	fromServer kind = iota // a line
	fromClient             // a line that is a command
	garbled                // a line of the client that is not a command
	responded              // a line of the client in an AUTH exchange
	bodySent               // a long body of the server
	bodyHeard              // a body of the client
	remark                 // about the connection
	ruled                  // a rule, which answers what comes next
	passage                // whole lines of the server, with their line ends

	kindOnly  kind = 1<<4 - 1
	marked    kind = 1 << 4 // the time follows
	unshown   kind = 1 << 5 // a command for whose line there was no room
	uncounted kind = 1 << 6 // a line for whose command there was no room
)

// entry is an entry in full.
type entry struct {
	kind    kind
	at      time.Duration // 0: not marked
	text    string        // of a line or a remark
	number  int           // of octets, or of a rule
	command Command
}

// is reports whether one of these bits is set.
func (e *entry) is(bits kind) bool { return e.kind&bits != 0 }

// The octets of a journal are in pieces that never move. The first one is small, since most
// sessions are.
const (
	firstPiece   = 256
	largestPiece = 16 << 10
)

// room begins a new piece when the latest one has no room for so many more octets.
func (j *journal) room(need int) {
	if cap(j.octets)-len(j.octets) >= need {
		return
	}
	if len(j.octets) > 0 {
		j.full = append(j.full, j.octets)
		j.before += len(j.octets)
	}
	j.octets = make([]byte, 0, max(need, firstPiece, min(2*cap(j.octets), largestPiece)))
}

// begin appends an entry up to what its kind needs, which takes some octets at most.
func (j *journal) begin(k kind, at time.Duration, need int) {
	j.room(1 + longestNumber + need)
	if at > 0 {
		k |= marked
	}
	j.octets = append(j.octets, byte(k))
	if at > 0 {
		j.number(int(at))
	}
}

// dot is the line that ends a message.
const dot = "."

// longestNumber is the most octets that a number takes.
const longestNumber = 10

func (j *journal) number(n int) { j.octets = appendNumber(j.octets, n) }

func appendNumber(to []byte, n int) []byte {
	if uint(n) < 0x80 {
		return append(to, byte(n))
	}
	return binary.AppendUvarint(to, uint64(n))
}

func (j *journal) text(t []byte) {
	j.number(len(t))
	j.octets = append(j.octets, t...)
}

// client appends what the entry of a line of the client needs.
func (j *journal) client(k kind, state State, args, user, message string, line []byte) {
	j.number(int(state))
	if k&kindOnly == responded {
		j.text([]byte(args))
	}
	j.number(j.user(user))
	j.text([]byte(message))
	j.text(line)
	if k&uncounted == 0 {
		j.heard++
	}
}

// held is the beginning of an exchange that is not in the journal yet: a command whose answer may
// have several lines, and the status line of the answer. Recording the complete exchange in one
// step is faster.
type held struct {
	kind   kind
	at     time.Duration // of the command; 0: not marked
	state  State
	user   string
	line   []byte // nil: no command
	status []byte // nil: no status line
}

// mail appends the entries of a command, a status line, the size of a message and the closing dot,
// as begin, client, number and text would, but at once.
func (j *journal) mail(h *held, status []byte, octets int64) {
	j.begin(h.kind, h.at, 8*longestNumber+len(h.line)+len(status))
	o := appendNumber(append(j.octets, byte(h.state)), j.user(h.user))
	o = append(appendNumber(append(o, 0), len(h.line)), h.line...)
	o = append(appendNumber(append(o, byte(fromServer)), len(status)), status...)
	o = binary.AppendUvarint(append(o, byte(bodySent)), uint64(octets))
	j.octets = append(o, byte(fromServer), byte(len(dot)), dot[0])
	if h.kind&uncounted == 0 {
		j.heard++
	}
}

// user returns the number of the user of a command, 0 for no user.
func (j *journal) user(name string) int {
	if name == "" {
		return 0
	}
	if n := len(j.users); n == 0 || j.users[n-1] != name {
		j.users = append(j.users, name)
	}
	return len(j.users)
}

// rule returns the number of a rule.
func (j *journal) rule(r named) int {
	i := slices.Index(j.rules, r)
	if i < 0 {
		i = len(j.rules)
		j.rules = append(j.rules, r)
	}
	return i
}

// settled is what a rule was called when the session ended.
type settled struct{ name, fault string }

func (s settled) about() (name, fault string) { return s.name, s.fault }

// closed returns the journal of a session that has ended. It keeps no rule alive.
func (j journal) closed() journal {
	if len(j.octets) < cap(j.octets)*3/4 {
		j.octets = slices.Clone(j.octets)
	}
	rules := make([]named, len(j.rules))
	for i, r := range j.rules {
		name, fault := r.about()
		rules[i] = settled{name, fault}
	}
	j.rules = rules
	return j
}

// weight returns the approximate memory that j takes.
func (j *journal) weight() int {
	n := 512 + cap(j.octets) + j.before
	for _, u := range j.users {
		n += 16 + len(u)
	}
	for _, r := range j.rules {
		name, fault := r.about()
		n += 64 + len(name) + len(fault)
	}
	for _, s := range []*Snapshot{j.head.Before, j.head.After} {
		if s != nil {
			n += 64 + len(s.UIDs)*32
		}
	}
	return n
}

// entries returns the entries from a place on, each with the place after it, and a passage line by
// line.
func (j *journal) entries(from int) iter.Seq2[int, *entry] {
	return func(yield func(int, *entry) bool) {
		begin, e := 0, new(entry)
		for i := range len(j.full) + 1 {
			piece := j.octets
			if i < len(j.full) {
				piece = j.full[i]
			}
			end := begin + len(piece)
			d := decoder{rest: string(piece[min(max(0, from-begin), len(piece)):]), users: j.users}
			for len(d.rest) > 0 {
				d.next(e)
				for one := range e.lines() {
					if !yield(end-len(d.rest), one) {
						return
					}
				}
			}
			begin = end
		}
	}
}

// lines returns the lines of a passage as entries, and any other entry as it is.
func (e *entry) lines() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		if e.kind&kindOnly != passage {
			yield(e)
			return
		}
		one := &entry{kind: e.kind & marked, at: e.at} // the kind is fromServer
		for l := range strings.Lines(e.text) {
			if one.text = strings.TrimSuffix(l[:min(len(l), lineShown)], "\r\n"); !yield(one) {
				return
			}
			one.kind, one.at = fromServer, 0
		}
	}
}

// decoder reads entries. Their texts are parts of its own.
type decoder struct {
	rest  string
	users []string
}

func (d *decoder) next(e *entry) {
	*e = entry{kind: kind(d.rest[0])}
	d.rest = d.rest[1:]
	if e.is(marked) {
		e.at = time.Duration(d.number())
	}
	switch k := e.kind & kindOnly; k {
	case fromServer, passage, remark:
		e.text = d.text()
	case bodySent, bodyHeard, ruled:
		e.number = d.number()
	case fromClient, garbled, responded:
		d.client(k, e)
	}
}

// client reads a line of the client and its command.
func (d *decoder) client(k kind, e *entry) {
	c := &e.command
	if c.State = State(d.number()); k == responded {
		c.Verb, c.Args, c.pseudo = responseVerb, d.text(), true
	}
	if n := d.number(); n > 0 {
		c.User = d.users[n-1]
	}
	c.Message = d.text()
	e.text = d.text()
	switch k {
	case fromClient:
		c.Verb, c.Args, _ = strings.Cut(e.text, " ")
		c.Verb = strings.ToUpper(c.Verb)
	case garbled:
		c.Args = e.text
	}
}

func (d *decoder) number() (n int) {
	for i := 0; ; i++ {
		c := d.rest[i]
		n |= int(c&0x7F) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return n
		}
	}
}

func (d *decoder) text() string {
	n := d.number()
	t := d.rest[:n]
	d.rest = d.rest[n:]
	return t
}
