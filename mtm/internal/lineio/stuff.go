package lineio

import (
	"bytes"
	"io"
)

// Stuffer writes a message as a multi-line text (RFC 1939 section 3): a dot at the start of a line
// gets a second dot, also after a bare LF. Close ends the last line and writes the final dot.
type Stuffer struct {
	w      io.Writer
	inLine bool // the last octet was not LF
	crlf   bool // the last octets were CRLF
	afterC bool // the last octet was CR
	err    error
}

// NewStuffer returns a Stuffer that writes to w.
func NewStuffer(w io.Writer) *Stuffer { return &Stuffer{w: w} }

// Write implements io.Writer. After an error it returns the same error again.
func (s *Stuffer) Write(p []byte) (int, error) {
	for l := range bytes.Lines(p) {
		if !s.inLine && l[0] == '.' {
			s.put([]byte("."))
		}
		s.put(l)
		last := l[len(l)-1]
		s.inLine = last != '\n'
		s.crlf = last == '\n' && (len(l) > 1 && l[len(l)-2] == '\r' || len(l) == 1 && s.afterC)
		s.afterC = last == '\r'
	}
	if s.err != nil {
		return 0, s.err
	}
	return len(p), nil
}

// Close ends the message. It does not close the writer below.
func (s *Stuffer) Close() error {
	if !s.crlf {
		s.put([]byte("\r\n"))
	}
	s.put([]byte(".\r\n"))
	return s.err
}

func (s *Stuffer) put(p []byte) {
	if s.err == nil {
		_, s.err = s.w.Write(p)
	}
}
