// Package lineio reads what a POP3 server sends: bounded lines, and messages that end with a line
// of one dot, byte for byte, without work per line.
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
	// kept is how many octets the buffer always keeps before the next one: enough to see that it
	// starts a line, and which short line ends there.
	kept = 128
	// emptyReads in a row end the reading, as in bufio.
	emptyReads = 100
)

// Reader reads lines and messages from one source. It is for one goroutine, and waits
// only in the source's Read.
type Reader struct {
	src     io.Reader
	buf     []byte
	size    int // of buf, without the octets that are kept
	r, w    int // buf[r:w] is read from src and not handed out; r >= kept
	maxLine int
	bareLF  bool // the last line ended with a bare LF
	ended   bool // a message has ended, and nothing but blank lines was read since
	crDots  bool // see CRDots
}

// NewReader reads from src lines of at most maxLine octets, their endings not counted.
// Messages have no such limit.
func NewReader(src io.Reader, maxLine int) *Reader {
	return newReader(src, maxLine, max(bufferSize, 2*(maxLine+2+2)))
}

func newReader(src io.Reader, maxLine, size int) *Reader {
	r := &Reader{src: src, buf: make([]byte, kept+size), size: size, r: kept, w: kept, maxLine: maxLine}
	copy(r.buf[kept-2:], "\r\n")
	return r
}

// AfterBody reports whether a message has ended and no line but blank ones was read since.
func (r *Reader) AfterBody() bool { return r.ended }

// Unread is what was read from the source and not yet returned, valid until the
// next read. It never waits.
func (r *Reader) Unread() []byte { return r.buf[r.r:r.w] }

// ReadLine returns the next line without its CRLF or bare LF, valid until the next read. The
// errors are ErrLineTooLong, io.EOF before the first octet, io.ErrUnexpectedEOF inside the
// line, and the source's own.
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
			r.ended = r.ended && len(line) == 0
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

// SkipLine takes the next line, however long it is, and returns how many octets it had with its
// ending. The line itself, without CRLF or bare LF and valid until the next read, is nil when it is
// longer than NewReader allows. The errors are those of the source, and io.EOF.
func (r *Reader) SkipLine() (line []byte, n int64, err error) {
	r.ended = false
	seen, long := 0, false
	for {
		if i := bytes.IndexByte(r.buf[r.r+seen:r.w], '\n'); i >= 0 {
			line = bytes.TrimSuffix(r.buf[r.r:r.r+seen+i], []byte("\r"))
			n += int64(seen + i + 1)
			r.r += seen + i + 1
			if long || len(line) > r.maxLine {
				line = nil
			}
			return line, n, nil
		}
		if seen = r.w - r.r; seen > r.maxLine+1 {
			long = true
			n += int64(seen)
			r.r, seen = r.w, 0
		}
		if err := r.fill(); err != nil {
			return nil, n + int64(seen), err
		}
	}
}

// PeekLine is the next line without its ending, if it starts with that octet and ends within limit
// octets; else, and when the source fails before that is known, nil. Nothing is taken: the next
// read gives it again. It is valid until then.
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
	if free := len(r.buf) - r.w; free < r.size/2 {
		r.w = copy(r.buf, r.buf[r.r-kept:r.w])
		r.r = kept
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
