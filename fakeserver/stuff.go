package fakeserver

import (
	"bytes"
	"errors"
	"io"
)

// body writes a message, or the top of it, in the form sent over the wire.
type body struct {
	open   io.Reader
	lender *lender // of a buffer for mail that must be copied
	lines  int64   // to send after the header, for TOP; negative = all
	octets int64   // of the message, before stuffing

	stuffed stuffer // a value, so that a message needs one allocation
}

// least returns how many octets a reply's body has at least, as far as that is known.
func least(w io.WriterTo) int64 {
	if b, ok := w.(*body); ok && b.lines < 0 {
		return b.octets
	}
	return 0
}

// WriteTo writes the message with dots stuffed and the last line ended with CRLF. RFC 1939 section
// 3: a line that begins with the termination octet gets a second one.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	st := &b.stuffed
	*st = stuffer{w: w, lineStart: true}
	var to io.Writer = st
	if b.lines >= 0 {
		to = &topWriter{w: st, left: b.lines}
	}
	err := copyTo(to, b.open, b.lender)
	if err == nil {
		err = st.finish()
	}
	return st.sent, err
}

// copyTo copies r to w, by the WriteTo method of r if it has one.
func copyTo(w io.Writer, r io.Reader, lender *lender) error {
	var err error
	if from, ok := r.(io.WriterTo); ok {
		_, err = from.WriteTo(w)
	} else {
		buffer := lender.piece()
		_, err = io.CopyBuffer(w, r, buffer[:cap(buffer)])
		lender.takePiece(buffer)
	}
	if errors.Is(err, errTopDone) {
		return nil
	}
	return err
}

// stuffer doubles each dot at the start of the message or directly after an LF. A bare LF counts:
// clients that un-stuff after it would lose the dot (quirk 75). A bare CR does not end a line.
type stuffer struct {
	w         io.Writer
	sent      int64
	lineStart bool // the next octet starts a line
	afterCR   bool
	crlf      bool // the output so far ends with CRLF
}

func (s *stuffer) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.remember(p)
	start := 0
	if s.lineStart && p[0] == '.' {
		if err := s.put([]byte(".")); err != nil {
			return 0, err
		}
	}
	for i := nextDot(p, 1); i >= 0; i = nextDot(p, i+1) {
		// up to and including the dot; the next piece repeats it
		if err := s.put(p[start : i+1]); err != nil {
			return start, err
		}
		start = i
	}
	if err := s.put(p[start:]); err != nil {
		return start, err
	}
	s.lineStart = p[len(p)-1] == '\n'
	return len(p), nil
}

// nextDot returns the position, from octet i > 0 on, of the next dot at the start of a line; -1 if
// not found. Searching for dots is fast: mail has fewer dots than lines, base64 has no dots.
func nextDot(p []byte, i int) int {
	for i < len(p) {
		dot := bytes.IndexByte(p[i:], '.')
		if dot < 0 {
			break
		}
		if i += dot; p[i-1] == '\n' {
			return i
		}
		i++
	}
	return -1
}

// remember records the last two octets for finish.
func (s *stuffer) remember(p []byte) {
	last := len(p) - 1
	beforeLast := s.afterCR
	if last > 0 {
		beforeLast = p[last-1] == '\r'
	}
	s.crlf = p[last] == '\n' && beforeLast
	s.afterCR = p[last] == '\r'
}

func (s *stuffer) put(p []byte) error {
	n, err := s.w.Write(p)
	s.sent += int64(n)
	return err
}

// finish adds the final CRLF to a non-empty message that lacks it.
func (s *stuffer) finish() error {
	if s.sent == 0 || s.crlf {
		return nil
	}
	return s.put([]byte("\r\n"))
}
