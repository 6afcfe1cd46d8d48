package pop3

import (
	"bytes"
	"hash/maphash"
	"io"
)

// trust says how reliable LIST's sizes have been in a session.
type trust int

const (
	untested  trust = iota
	exact           // the first messages had LIST's sizes
	estimates       // a message had another size (QUIRK 42)
)

// enoughSizes is how many messages must have LIST's size before a size proves a message. Until then
// each message has its own probe.
const enoughSizes = 16

// witness compares the lengths of messages with LIST's sizes.
type witness struct {
	trust  trust
	agreed int
	short  int // proven messages that are shorter than LIST's size
}

// maxShort is how many messages shorter than LIST's size have a probe each, on a server without
// PIPELINING whose sizes are estimates.
const maxShort = 8

// fits reports whether a message needs no probe, on a server without PIPELINING whose sizes are
// estimates. A shorter message may have ended at a dot that the server did not stuff (QUIRK 74),
// and then more of it follows.
func (w *witness) fits(length, size int64) bool { return length >= size || w.short >= maxShort }

// saw records the length of a message that is proven.
func (w *witness) saw(length, size int64) {
	if length < size {
		w.short++
	}
	switch {
	case size <= 0 || w.trust == estimates:
	case length != size:
		w.trust = estimates
	case w.trust == untested:
		if w.agreed++; w.agreed >= enoughSizes {
			w.trust = exact
		}
	}
}

// watcher passes the octets of a message on. It looks for a line that looks like a status line, and
// computes a hash to compare the message with the previous one.
type watcher struct {
	w      io.Writer // nil discards them
	length int64
	octets int64 // written to w

	look   bool   // look for a status line
	said   string // the known reply to the probe after the message
	likely bool   // a status line was found
	tail   []byte // the last octets before the current Write

	print *maphash.Hash // nil when not compared

	follower Follower // nil without one
	number   int      // of the message
}

// sum returns the hash of the octets, or nil when they were not to be compared.
func (w *watcher) sum() *uint64 {
	if w.print == nil {
		return nil
	}
	print := w.print.Sum64()
	return &print
}

// Awaits implements lineio.Awaiter.
func (w *watcher) Awaits(came int64) {
	if w.follower != nil {
		w.follower.Came(w.number, came)
	}
}

const statusWord = "+OK"

func (w *watcher) Write(p []byte) (int, error) {
	w.length += int64(len(p))
	if w.look && !w.likely {
		w.search(p)
	}
	if w.print != nil {
		_, _ = w.print.Write(p)
	}
	if w.w == nil {
		return len(p), nil
	}
	n, err := w.w.Write(p)
	w.octets += int64(n)
	return n, err
}

// search looks for "+OK" at the start of a line, or anywhere before the probe's known reply: that
// is where a message without a closing dot ends.
func (w *watcher) search(p []byte) {
	longest := len(statusWord) + 1 + len(w.said)
	joined := append(w.tail, p[:min(len(p), longest)]...)
	w.likely = w.holds(joined) || w.holds(p)
	if len(p) >= longest {
		joined = append(joined[:0], p[len(p)-longest:]...)
	}
	w.tail = joined[max(0, len(joined)-longest):]
}

func (w *watcher) holds(p []byte) bool {
	for at := 0; ; at++ {
		i := bytes.Index(p[at:], []byte(statusWord))
		if i < 0 {
			return false
		}
		at += i
		rest := p[at+len(statusWord):]
		begins := at > 0 && (p[at-1] == '\n' || p[at-1] == '\r')
		ends := len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\r' || rest[0] == '\n')
		if begins && ends || w.said != "" && len(rest) > 0 && bytes.HasPrefix(rest[1:], []byte(w.said)) {
			return true
		}
	}
}
