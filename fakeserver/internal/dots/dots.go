// Package dots finds the end of a body that a client sends: a line with a single dot.
package dots

import "bytes"

// Seeker searches a stream of octets for the end: CRLF, a dot, CRLF, or a dot and CRLF at the
// start. The zero value is at the start of a body.
type Seeker struct {
	// CRHidesLineEnd means that CR CR LF does not end a line, as in go-smtp.
	CRHidesLineEnd bool

	state state
}

type state int

const (
	lineStart state = iota
	dotSeen
	dotReturn // after ".\r"
	inLine
	returned // after "\r"
)

// Seek returns the number of octets of p that belong to the body, and whether they complete it.
func (s *Seeker) Seek(p []byte) (int, bool) {
	for i, c := range p {
		switch {
		case s.state == dotReturn && c == '\n':
			return i + 1, true
		case s.state == dotSeen && c == '\r':
			s.state = dotReturn
		case s.state == lineStart && c == '.':
			s.state = dotSeen
		case s.state == returned && c == '\n':
			s.state = lineStart
		case c == '\r' && (s.state == lineStart || s.state == inLine || !s.CRHidesLineEnd):
			s.state = returned
		default:
			s.state = inLine
		}
	}
	return len(p), false
}

// Unstuffed returns the message in a body: without the closing dot and the dots added by stuffing.
func Unstuffed(body []byte) []byte {
	body = bytes.TrimSuffix(body, []byte(".\r\n"))
	out := make([]byte, 0, len(body))
	for l := range bytes.Lines(body) {
		out = append(out, bytes.TrimPrefix(l, []byte("."))...)
	}
	return out
}
