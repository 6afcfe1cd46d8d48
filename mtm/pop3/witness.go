package pop3

import (
	"bytes"
	"hash/maphash"
	"io"
)

// trust is what LIST's sizes have shown themselves to be in a session.
type trust int

const (
	untested  trust = iota
	exact           // those of the first messages were
	estimates       // one was not (QUIRK 42)
)

// enoughSizes is how many messages of LIST's size make its sizes a proof. Until then each message
// gets a probe of its own.
const enoughSizes = 16

// witness compares messages with LIST's sizes.
type witness struct {
	trust  trust
	agreed int
	short  int // messages that are proven, and shorter than LIST says
}

// maxShort is how many messages that are shorter than LIST says get a probe each, one command at a
// time, where sizes are estimates.
const maxShort = 8

// fits reports whether a message needs no probe, one command at a time, where sizes are
// estimates. A shorter one may have ended at a dot that the server did not stuff (QUIRK 74):
// then more of it follows.
func (w *witness) fits(length, size int64) bool { return length >= size || w.short >= maxShort }

// saw takes a message that is proven, or of the size that LIST says.
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

// watcher passes the octets of a message on, and notices what the size does not tell: a line in it
// that looks like a status line, and the same octets as those of the message before.
type watcher struct {
	w      io.Writer // nil throws them away
	length int64
	octets int64 // that w took

	look   bool   // for such a line
	said   string // by the probe behind the message
	likely bool   // there is one
	tail   []byte

	print *maphash.Hash // nil = do not compare

	follower Follower // nil = nobody
	number   int      // of the message
}

// sum returns the print of the octets, nil when they were not to be compared.
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

// search looks for "+OK" at the start of a line, and before what the probe says: where a message
// has no end of its own.
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
