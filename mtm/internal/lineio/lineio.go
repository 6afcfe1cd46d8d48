// Package lineio reads what a POP3 server sends: bounded lines, and messages that end with a line of one dot, byte for
// byte, without work per line.
package lineio

import (
	"bytes"
	"errors"
	"io"
)

// ErrLineTooLong says that a line passed the limit of NewReader. The reader is of no further use.
var ErrLineTooLong = errors.New("line too long")

const (
	bufferSize = 256 << 10
	// before is how many octets the buffer always keeps before the next one: enough to see that it starts a line.
	before = 2
	// emptyReads in a row end the reading, as in bufio.
	emptyReads = 100
)

// Reader reads lines and messages from one source. It is for one goroutine, and waits only in the source's Read.
type Reader struct {
	src     io.Reader
	buf     []byte
	r, w    int // buf[r:w] is read from src and not handed out; r >= before
	maxLine int
	bareLF  bool // the last line ended with a bare LF
}

// NewReader reads from src lines of at most maxLine octets, their endings not counted. Messages have no such limit.
func NewReader(src io.Reader, maxLine int) *Reader {
	return newReader(src, maxLine, max(bufferSize, 2*(maxLine+before+2)))
}

func newReader(src io.Reader, maxLine, size int) *Reader {
	r := &Reader{src: src, buf: make([]byte, size), r: before, w: before, maxLine: maxLine}
	copy(r.buf, "\r\n")
	return r
}

// Unread is what was read from the source and not yet returned, valid until the next read. It never waits.
func (r *Reader) Unread() []byte { return r.buf[r.r:r.w] }

// ReadLine returns the next line without its CRLF or bare LF, valid until the next read. The errors are
// ErrLineTooLong, io.EOF before the first octet, io.ErrUnexpectedEOF inside the line, and the source's own.
func (r *Reader) ReadLine() ([]byte, error) {
	seen := 0
	for {
		if i := bytes.IndexByte(r.buf[r.r+seen:r.w], '\n'); i >= 0 {
			line := r.buf[r.r : r.r+seen+i]
			r.r += seen + i + 1
			r.bareLF = len(line) == 0 || line[len(line)-1] != '\r'
			if !r.bareLF {
				line = line[:len(line)-1]
			}
			if len(line) > r.maxLine {
				return nil, ErrLineTooLong
			}
			return line, nil
		}
		seen = r.w - r.r
		if seen > r.maxLine+1 { // one more for the CR
			return nil, ErrLineTooLong
		}
		if err := r.fill(); err != nil {
			if err == io.EOF && seen > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// PeekLine is the next line without its ending, if it starts with that octet and ends within limit octets; else, and when the
// source fails before that is known, nil. Nothing is taken: the next read gives it again. It is valid until then.
func (r *Reader) PeekLine(first byte, limit int) []byte {
	for {
		seen := r.buf[r.r:r.w]
		if len(seen) > 0 && seen[0] != first {
			return nil
		}
		if i := bytes.IndexByte(seen[:min(len(seen), limit)], '\n'); i >= 0 {
			return bytes.TrimSuffix(seen[:i], []byte("\r"))
		}
		if len(seen) >= limit || r.fill() != nil {
			return nil
		}
	}
}

// fill reads at least one more octet. It may move the buffer's contents, and with them r.r.
func (r *Reader) fill() error {
	if free := len(r.buf) - r.w; free < len(r.buf)/2 {
		r.w = copy(r.buf, r.buf[r.r-before:r.w])
		r.r = before
	}
	for range emptyReads {
		n, err := r.src.Read(r.buf[r.w:])
		r.w += n
		if n > 0 {
			return nil // an error that came with octets comes again
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}
