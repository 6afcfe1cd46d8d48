package store

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lines reads a message line by line, a line longer than its buffer in pieces.
type lines struct {
	in     *bufio.Reader
	line   []byte // the current piece, with its line end; valid until next
	first  bool   // the piece begins a line
	start  int64  // offset of the piece
	before int64  // octets of the line end in front of the line: 0, 1 or 2
	last   byte   // of the piece before this one
	err    error  // what ended the input
}

// next goes on to the next piece. At the end of the input the piece is empty.
func (l *lines) next() {
	l.start += int64(len(l.line))
	l.first = l.start == 0 || bytes.HasSuffix(l.line, []byte("\n"))
	switch {
	case !l.first || l.start == 0:
		l.before = 0
	case bytes.HasSuffix(l.line, []byte("\r\n")) || len(l.line) == 1 && l.last == '\r':
		l.before = 2
	default:
		l.before = 1
	}
	if n := len(l.line); n > 0 {
		l.last = l.line[n-1]
	}
	if l.err != nil {
		l.line = nil
		return
	}
	var err error
	if l.line, err = l.in.ReadSlice('\n'); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		l.err = err
	}
}

// ended reports whether all lines were read.
func (l *lines) ended() bool { return l.err != nil && len(l.line) == 0 }

// blank reports whether the current line is empty.
func (l *lines) blank() bool {
	return l.first && (string(l.line) == "\n" || string(l.line) == "\r\n")
}

// whileAlive reads r until the caller's context ends.
type whileAlive struct {
	alive func() error
	r     io.Reader
}

// Read implements io.Reader.
func (w *whileAlive) Read(p []byte) (int, error) {
	if err := w.alive(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}
