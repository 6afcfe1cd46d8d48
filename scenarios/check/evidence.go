package check

import (
	"bytes"
	"slices"
	"strings"

	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

// evidence holds what is known about one case: wire, mailbox and stored mail.
type evidence struct {
	c         *Case
	mode      TLS
	learned   *Learned
	exercised bool

	sessions []session
	mail     map[string][][]byte // all contents that a message had in the mailbox, by unique-id
	uids     []string
	left     []string // unique-ids in the mailbox at the end

	endings []process.Ending // one for each visit
	missing []int            // after each visit, how many messages were in the mailbox during all of it and are not stored
	there   []letter         // in the mailbox when the current visit began
	stored  []stored.Message // at the end
	claimed []finding        // incomplete messages that were stored when a visit reported success
}

// letter identifies one content of a message. A message may have several: some servers change
// messages, or use a unique-id again.
type letter struct {
	uid string
	nth int
}

// letters returns all letters of the case, in the order of their arrival.
func (e *evidence) letters() []letter {
	var all []letter
	for _, uid := range e.uids {
		for i := range e.mail[uid] {
			all = append(all, letter{uid, i})
		}
	}
	return all
}

// gone reports whether a letter is no longer in the mailbox.
func (e *evidence) gone(l letter) bool {
	last := l.nth == len(e.mail[l.uid])-1
	return !last || !slices.Contains(e.left, l.uid)
}

// candidate is a content that a client may correctly store for a message.
type candidate struct {
	uid  string // "" for any message
	nth  int    // the number of the content, or anyContent
	text stored.Text
}

// anyContent stands for a content that was sent for a message when it is not known which of its
// contents that is.
const anyContent = -1

func (c candidate) fits(l letter) bool {
	return c.uid == "" || c.uid == l.uid && (c.nth == anyContent || c.nth == l.nth)
}

// candidates returns the contents that the mailbox had, and those that went over the wire.
func (e *evidence) candidates() []candidate {
	var all []candidate
	seen := map[string]bool{}
	add := func(uid string, nth int, octets []byte) {
		for _, read := range readings(octets) {
			text := stored.Prepare(read, e.learned.Deviations...)
			if id := uid + "\x00" + text.Key(); !seen[id] {
				seen[id] = true
				all = append(all, candidate{uid, nth, text})
			}
		}
	}
	for _, l := range e.letters() {
		add(l.uid, l.nth, e.mail[l.uid][l.nth])
	}
	for i := range e.sessions {
		s := &e.sessions[i]
		for _, r := range s.replies() {
			if r.to.Verb == "RETR" && r.whole && strings.HasPrefix(r.status, "+OK") {
				add(r.to.Message, anyContent, r.body)
			}
		}
		if e.c.Severity == Tolerance {
			for _, body := range s.bodiesAnywhere() {
				add("", anyContent, body)
			}
		}
	}
	return all
}

// readings returns a message as it is, and as a client stores it for which CR alone is a line end.
func readings(octets []byte) [][]byte {
	if bytes.Count(octets, []byte("\r")) == bytes.Count(octets, []byte("\r\n")) {
		return [][]byte{octets}
	}
	lines := bytes.ReplaceAll(octets, []byte("\r\n"), []byte("\n"))
	return [][]byte{octets, bytes.ReplaceAll(lines, []byte("\r"), []byte("\n"))}
}

// holding says which letters are stored.
type holding struct {
	of     []letter // for each stored message its letter, or the zero letter
	copies []bool   // for each stored message, whether it is a copy of an earlier one
	bad    []int    // indexes of stored messages that differ from everything that was sent
	have   map[letter]bool
}

// compare assigns letters to stored messages, and to as many of them as possible: some letters have
// equal octets.
func (e *evidence) compare() *holding {
	h := &holding{of: make([]letter, len(e.stored)), copies: make([]bool, len(e.stored)), have: map[letter]bool{}}
	all, letters := e.candidates(), e.letters()
	fits := make([][]letter, len(e.stored))
	held := make([][]int, len(e.stored))
	for i, m := range e.stored {
		fits[i], held[i] = matches(stored.Prepare(m.Octets, e.learned.Deviations...), all, letters)
	}
	taken := map[letter]int{}
	for i := range e.stored {
		h.place(i, fits, taken, map[letter]bool{})
	}
	for l, i := range taken {
		h.of[i], h.have[l] = l, true
	}
	for i := range e.stored {
		switch {
		case held[i] == nil:
			h.bad = append(h.bad, i)
		case h.of[i] == (letter{}) && len(fits[i]) > 0:
			h.copies[i] = sharesAny(i, held) // else it is mail that nobody saw in the mailbox
		}
	}
	return h
}

// sharesAny reports whether another stored message is what this one is.
func sharesAny(i int, held [][]int) bool {
	for j := range held {
		if j != i && slices.ContainsFunc(held[j], func(c int) bool { return slices.Contains(held[i], c) }) {
			return true
		}
	}
	return false
}

// matches returns the letters that a stored text may be, and the candidates that it holds. What is
// not known of a certain letter may be any.
func matches(text stored.Text, all []candidate, letters []letter) (fit []letter, held []int) {
	var anyOne []letter
	for i, c := range all {
		if !text.Holds(c.text) {
			continue
		}
		held = append(held, i)
		for _, l := range letters {
			switch {
			case c.uid == "" && !slices.Contains(anyOne, l):
				anyOne = append(anyOne, l)
			case c.uid != "" && c.fits(l) && !slices.Contains(fit, l):
				fit = append(fit, l)
			}
		}
	}
	if fit == nil {
		fit = anyOne
	}
	return fit, held
}

// place assigns one of the fitting letters to a stored message, and moves other messages to make
// one free (bipartite matching).
func (h *holding) place(i int, fits [][]letter, taken map[letter]int, tried map[letter]bool) bool {
	for _, l := range fits[i] {
		if tried[l] {
			continue
		}
		tried[l] = true
		other, occupied := taken[l]
		if !occupied || h.place(other, fits, taken, tried) {
			taken[l] = i
			return true
		}
	}
	return false
}

// unstored counts the messages in the mailbox that are not stored.
func (e *evidence) unstored() int {
	h := e.compare()
	n := 0
	for _, l := range e.there {
		if !e.gone(l) && !h.have[l] {
			n++
		}
	}
	return n
}
