// Package lineio reads the data of a POP3 server byte for byte: lines of limited length, and
// messages that end with a line of one dot. Reading a message costs no work per line.
package lineio

import (
	"bytes"
	"errors"
	"io"
)

// ErrLineTooLong means that a line exceeded the limit of NewReader. The reader
// must not be used any more.
var ErrLineTooLong = errors.New("line too long")

const (
	bufferSize = 256 << 10
	// kept is the number of octets that the buffer always keeps before the next one: enough to see
	// that it starts a line, and which short line ends there.
	kept = 128
	// emptyReads in a row end the reading, as in bufio.
	emptyReads = 100
)

// Reader reads lines and messages from a source. Only one goroutine at a time may use it. It blocks
// only in the source's Read.
type Reader struct {
	src     io.Reader
	buf     []byte
	size    int // size of buf, without the kept octets
	r, w    int // buf[r:w] was read from src and not returned yet; r >= kept
	maxLine int
	bareLF  bool // the last line ended with a bare LF
	ended   bool // a message has ended, and only blank lines were read since
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

// AfterBody reports whether a message has ended and only blank lines were read since.
func (r *Reader) AfterBody() bool { return r.ended }

// Unread returns the octets that were read from the source and not returned yet. They are valid
// until the next read. It never blocks.
func (r *Reader) Unread() []byte { return r.buf[r.r:r.w] }

// ReadLine returns the next line without its CRLF or bare LF. It is valid until the next read. The
// errors are ErrLineTooLong, io.EOF before the first octet, io.ErrUnexpectedEOF inside the line,
// and those of the source.
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

// SkipLine reads the next line, however long it is, and returns its number of octets with its line
// end. It also returns the line without its line end, valid until the next read, or nil when it is
// longer than NewReader allows. The errors are io.EOF and those of the source.
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

// PeekLine returns the next line without its line end, if it starts with first and ends within
// limit octets. Otherwise, and when the source fails before that is known, it returns nil. The next
// read returns the line again; until then it is valid.
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
			return nil // the next read returns an error that came with octets
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}
