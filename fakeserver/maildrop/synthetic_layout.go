package maildrop

import (
	"io"
	"strings"
)

// piece is a run of octets of a message, read from a ring of octets at some offset.
type piece struct {
	ring []byte
	from int64
	size int64
}

// syntheticReader reads a message as slices of its pieces.
type syntheticReader struct {
	pieces []piece
	done   int64 // octets of the first piece already read
	rest   []byte

	// Memory for the pieces of the next message, and for what they read.
	storage []piece
	text    []byte
}

// begin makes r read the pieces, which may be in its storage.
func (r *syntheticReader) begin(pieces []piece) {
	r.pieces, r.storage = pieces, pieces
	r.done, r.rest = 0, nil
}

// next returns the next octets, at least one, or nil at the end.
func (r *syntheticReader) next() []byte {
	for len(r.pieces) > 0 {
		p := &r.pieces[0]
		if r.done < p.size {
			from := (p.from + r.done) % int64(len(p.ring))
			b := p.ring[from:min(int64(len(p.ring)), from+p.size-r.done)]
			r.done += int64(len(b))
			return b
		}
		r.pieces, r.done = r.pieces[1:], 0
	}
	return nil
}

func (r *syntheticReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.rest) == 0 {
		if r.rest = r.next(); r.rest == nil {
			return 0, io.EOF
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *syntheticReader) WriteTo(w io.Writer) (int64, error) {
	var sent int64
	for {
		if len(r.rest) == 0 {
			if r.rest = r.next(); r.rest == nil {
				return sent, nil
			}
		}
		n, err := w.Write(r.rest)
		sent += int64(n)
		r.rest = r.rest[n:]
		if err != nil {
			return sent, err
		}
	}
}

func (*syntheticReader) Close() error { return nil }

// pool is a ring of lines of equal length. Messages are cut from it.
type pool struct {
	ring []byte
	line int64 // octets of a line, CRLF included
}

// hole is a gap in a layout that is filled from a pool.
type hole struct {
	at     int // in the pieces
	pool   *pool
	weight int64
}

// layout builds a message from literal octets and holes. The sizes of the holes are computed
// when all literals are known, so that the sum is exactly size.
type layout struct {
	seed  uint64
	n     int
	size  int64
	luck  uint64 // random bits, consumed by pick
	tail  []byte // octets without a line end, for a last line
	buf   []byte // literals; those from start on are not in a piece yet
	start int

	pieces []piece
	fixed  int64 // octets of the literals
	holes  []hole
	flex   int // the hole that takes the rest of the room
}

// pick returns a number from 0 to below-1 that depends on the seed and the message number.
func (l *layout) pick(below int) int {
	l.luck = mix64(l.luck)
	return int(l.luck >> 33 % uint64(below))
}

// say appends literal text.
func (l *layout) say(text ...string) {
	for _, t := range text {
		l.buf = append(l.buf, t...)
	}
}

// cut ends the current literal.
func (l *layout) cut() {
	if lit := l.buf[l.start:]; len(lit) > 0 {
		l.pieces = append(l.pieces, piece{ring: lit, size: int64(len(lit))})
		l.fixed += int64(len(lit))
		l.start = len(l.buf)
	}
}

// fill adds a hole of whole lines. Its share of the room grows with weight.
func (l *layout) fill(p *pool, weight int64) {
	l.cut()
	lines := len(p.ring) / int(p.line)
	l.holes = append(l.holes, hole{at: len(l.pieces), pool: p, weight: weight})
	l.pieces = append(l.pieces, piece{ring: p.ring, from: int64(l.pick(lines)) * p.line})
}

// flow adds the one hole that may end with a line of any length.
func (l *layout) flow(p *pool, weight int64) {
	l.fill(p, weight)
	l.flex = len(l.holes) - 1
}

// shares distributes the room among the holes. It returns false when some hole would have
// less than one line.
func (l *layout) shares() bool {
	l.cut()
	rest := l.size - l.fixed
	var weights int64
	for _, h := range l.holes {
		weights += h.weight
		rest -= h.pool.line
	}
	rest-- // so that the last line of the flexible hole has room for its CRLF
	if rest < 0 || len(l.holes) == 0 {
		return false
	}
	left := l.size - l.fixed
	for i, h := range l.holes {
		if i != l.flex {
			// not rest*weight, which may overflow
			size := h.pool.line + rest/weights*h.weight/h.pool.line*h.pool.line
			l.pieces[h.at].size = size
			left -= size
		}
	}
	l.pieces[l.holes[l.flex].at].size = left
	return true
}

// finish returns the pieces, with the last line of the flexible hole. It returns nil when the
// message is too small for this layout.
func (l *layout) finish() []piece {
	if !l.shares() {
		return nil
	}
	h := l.holes[l.flex]
	p := &l.pieces[h.at]
	last := p.size % h.pool.line
	if last == 1 {
		last += h.pool.line // one octet is not enough for a line with its CRLF
	}
	p.size -= last
	if last == 0 {
		return l.pieces
	}
	line := []piece{{ring: l.tail, size: last - 2}, {ring: []byte("\r\n"), size: 2}}
	rest := append(line, l.pieces[h.at+1:]...)
	return append(l.pieces[:h.at+1], rest...)
}

// lastLine is the text from which a last line of any length is cut.
var lastLine = []byte(strings.Repeat("the-end-of-the-text-", 56))
