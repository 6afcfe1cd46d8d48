package lineio

import (
	"bytes"
	"errors"
	"io"
)

// ErrStopped means that the function stop of CopyBodyUnless ended a message. All octets
// read so far were written.
var ErrStopped = errors.New("message stopped")

// ErrBodyTooLong means that a message exceeded the limit of CopyBody. The reader
// must not be used any more.
var ErrBodyTooLong = errors.New("message too long")

// dotKind says what a dot at the start of a line means.
type dotKind int

const (
	plain   dotKind = iota // part of the message
	stuffed                // to be dropped
	endLF                  // the end: "." LF
	endCRLF                // the end: "." CRLF
	unknown                // the octets after it are not read yet, or there is no such dot
)

// CopyBody copies a message to dst, un-stuffed, up to its end, in few large writes, and returns the
// number of octets written. A nil dst discards the message. dstErr is the first error of dst; the
// message is read to its end even then. err is ErrBodyTooLong, io.EOF when the source ended before
// the message, or the source's error; the octets before it were written.
//
// The message ends with a dot alone on a line after CRLF (the line itself may end with a bare LF).
// When the last ReadLine ended with a bare LF, from a server that sends no CR at all, the dot may
// follow a bare LF too (QUIRK 76). Of two dots at the start of a line, after any LF, one is
// dropped; a dot followed by another octet is kept (QUIRK 74). A line with a dot after a bare LF,
// in a reply with CRLF, is part of the message.
func (r *Reader) CopyBody(dst io.Writer, limit int64) (n int64, dstErr, err error) {
	return r.CopyBodyUnless(nil, dst, limit)
}

// CopyBodyUnless is CopyBody that calls stop, unless it is nil, each time before it reads from the
// source, with the last octets read, some of which may come before the message. When stop returns
// true, err is ErrStopped, and all octets read so far are written.
func (r *Reader) CopyBodyUnless(stop func(tail []byte) bool, dst io.Writer, limit int64) (n int64, dstErr, err error) {
	r.ended, r.crDots = true, false
	out := newHandouts(dst, limit)
	// buf[r.r:kept] is un-stuffed; buf[rest:scan] is seen, part of the message, and to
	// be moved down to kept.
	kept, rest, scan := r.r, r.r, r.r
	for {
		dot, kind := r.nextDot(scan)
		switch kind {
		case plain:
			scan = dot + 1
		case stuffed:
			kept = r.moveDown(kept, rest, dot)
			rest, scan = dot+1, dot+2
		case endLF, endCRLF:
			kept = r.moveDown(kept, rest, dot)
			err := out.write(r.buf[r.r:kept])
			r.r = dot + int(kind-endLF) + 2
			return out.n, out.err, err
		case unknown:
			undecided := r.w - dot
			r.w = r.moveDown(kept, rest, r.w)
			dot = r.w - undecided
			// A message below a quarter of the buffer is written at once,
			// wherever the network cuts it.
			if dot-r.r >= r.size/4 {
				if err := out.write(r.buf[r.r:dot]); err != nil {
					return out.n, out.err, err
				}
				r.r = dot
			}
			if stop != nil && stop(r.buf[:r.w]) {
				if err := out.write(r.buf[r.r:dot]); err != nil {
					return out.n, out.err, err
				}
				r.r = r.w
				return out.n, out.err, ErrStopped
			}
			seen := dot - r.r
			out.waits(seen)
			if err := r.fill(); err != nil {
				if tooLong := out.write(r.buf[r.r : r.r+seen]); tooLong != nil {
					err = tooLong
				}
				return out.n, out.err, err
			}
			kept, rest, scan = r.r+seen, r.r+seen, r.r+seen
		}
	}
}

// nextDot returns the first dot at or after scan that starts a line. The octets just before scan
// are those of the stream, or, after a stuffed dot, dots.
func (r *Reader) nextDot(scan int) (int, dotKind) {
	dot, found := r.dotAtLineStart(scan)
	if !found {
		return r.w, unknown
	}
	next := r.buf[dot+1 : r.w]
	afterCRLF := r.buf[dot-2] == '\r'
	switch {
	case len(next) == 0:
		return dot, unknown
	case next[0] == '.':
		return dot, stuffed
	case !afterCRLF && !r.bareLF:
		return dot, plain
	case next[0] == '\n':
		return dot, endLF
	case next[0] != '\r':
		return dot, plain
	case len(next) == 1:
		return dot, unknown
	case next[1] == '\n':
		return dot, endCRLF
	}
	return dot, plain
}

// dotAtLineStart returns the first dot after an LF. Most lines have no dot, so searching for dots
// is faster than searching for line ends.
func (r *Reader) dotAtLineStart(scan int) (dot int, found bool) {
	for dot = scan; ; dot++ {
		i := bytes.IndexByte(r.buf[dot:r.w], '.')
		if i < 0 {
			return 0, false
		}
		dot += i
		switch r.buf[dot-1] {
		case '\n':
			return dot, true
		case '.':
			r.crDots = r.crDots || r.buf[dot-2] == '\r'
		}
	}
}

// CRDots reports whether the last message has a CR before two dots. If that CR has lost its LF, the
// first dot is one that the server stuffed, and makes up for the LF in the size.
func (r *Reader) CRDots() bool { return r.crDots }

// moveDown moves buf[from:to] down to at, and returns where it ends there.
func (r *Reader) moveDown(at, from, to int) int {
	if at == from {
		return to
	}
	return at + copy(r.buf[at:], r.buf[from:to])
}

// Awaiter is a destination of CopyBody that hears, each time before it waits for the source, how
// many octets of the message have come, written or not.
type Awaiter interface {
	Awaits(came int64)
}

// handouts writes the pieces of one message until the first error.
type handouts struct {
	dst     io.Writer
	awaiter Awaiter // dst, or nil
	n, seen int64
	limit   int64
	err     error
}

func newHandouts(dst io.Writer, limit int64) handouts {
	awaiter, _ := dst.(Awaiter)
	return handouts{dst: dst, awaiter: awaiter, limit: limit}
}

// waits reports to dst that the source is waited for; held octets came that are not written yet.
func (h *handouts) waits(held int) {
	if h.awaiter != nil {
		h.awaiter.Awaits(h.seen + int64(held))
	}
}

// write hands b to dst. Its own error is ErrBodyTooLong; that of dst is kept.
func (h *handouts) write(b []byte) error {
	h.seen += int64(len(b))
	if h.seen > h.limit {
		return ErrBodyTooLong
	}
	if h.dst == nil || h.err != nil || len(b) == 0 {
		return nil
	}
	n, err := h.dst.Write(b)
	h.n += int64(n)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	h.err = err
	return nil
}
