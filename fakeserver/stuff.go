package fakeserver

import (
	"bytes"
	"errors"
	"io"
)

// body sends a message, or the top of it, ready for the wire.
type body struct {
	open io.Reader
	// scratch holds the buffer of the session for mail that has to be read.
	scratch *[]byte
	lines   int64 // of the part after the header, for TOP; negative = all

	stuffed stuffer // here, so that a message allocates once
}

// WriteTo stuffs dots and ends the last line with CRLF. RFC 1939 section 3: a
// line that begins with the termination octet gets a second one.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	st := &b.stuffed
	*st = stuffer{w: w, lineStart: true}
	var to io.Writer = st
	if b.lines >= 0 {
		to = &topWriter{w: st, left: b.lines}
	}
	err := copyTo(to, b.open, b.scratch)
	if err == nil {
		err = st.finish()
	}
	return st.sent, err
}

// copyTo lets a message that knows how write itself, and reads any other.
func copyTo(w io.Writer, r io.Reader, scratch *[]byte) error {
	var err error
	if from, ok := r.(io.WriterTo); ok {
		_, err = from.WriteTo(w)
	} else {
		if *scratch == nil {
			*scratch = make([]byte, fullBuffer)
		}
		_, err = io.CopyBuffer(w, r, *scratch)
	}
	if errors.Is(err, errTopDone) {
		return nil
	}
	return err
}

// stuffer doubles each dot at the start of the message or directly after an LF.
// A bare LF counts: clients that un-stuff after it would lose the dot (quirk
// 75). A bare CR does not end a line.
type stuffer struct {
	w         io.Writer
	sent      int64
	lineStart bool // a dot here has to be doubled
	afterCR   bool
	crlf      bool // what was written ends with CRLF
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
		// up to and with the dot, which the next piece then doubles
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

// nextDot returns where the next dot at the start of a line is, from octet i on, which
// is not the first; -1 for none. Mail has fewer dots than lines, and base64 none.
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

// remember keeps what finish needs to know of the last two octets.
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

// finish adds the CRLF that a message lacks which is not empty.
func (s *stuffer) finish() error {
	if s.sent == 0 || s.crlf {
		return nil
	}
	return s.put([]byte("\r\n"))
}
