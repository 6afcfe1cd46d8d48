package fakeserver

import (
	"bytes"
	"errors"
	"io"
)

// errTopDone ends the copy after the last line asked for.
var errTopDone = errors.New("top is complete")

// topWriter writes the header, the blank line and left lines of the body. A line ends with any LF,
// as for stuffer.
type topWriter struct {
	w      io.Writer
	left   int64
	inBody bool
	before int // state of the unfinished line: see blankSoFar
}

func (t *topWriter) Write(p []byte) (int, error) {
	end := 0
	for end < len(p) {
		if t.inBody && t.left == 0 {
			return t.stop(p[:end])
		}
		i := bytes.IndexByte(p[end:], '\n')
		if i < 0 {
			t.before = t.blankSoFar(p[end:])
			break
		}
		l := p[end : end+i]
		end += i + 1
		switch {
		case t.inBody:
			t.left--
		case t.blankSoFar(l) < 2:
			t.inBody = true
		}
		t.before = 0
	}
	if t.inBody && t.left == 0 {
		return t.stop(p[:end])
	}
	return t.w.Write(p)
}

// blankSoFar returns the state of a line: 0 without octets, 1 for a single CR, 2 for any other.
func (t *topWriter) blankSoFar(piece []byte) int {
	if len(piece) == 0 || t.before == 2 {
		return t.before
	}
	if t.before == 0 && len(piece) == 1 && piece[0] == '\r' {
		return 1
	}
	return 2
}

func (t *topWriter) stop(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if err == nil {
		err = errTopDone
	}
	return n, err
}
