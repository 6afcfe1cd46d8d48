// Package dots finds the end of a body that a client sends: a line of one dot.
package dots

import "bytes"

// Seeker looks for the end in the octets as they come: CRLF, a dot, CRLF, or a dot and CRLF at the start. The zero value is at
// the start.
type Seeker struct {
	// CRHidesLineEnd says that CR CR LF ends no line, as go-smtp reads it.
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

// Seek returns how many octets of p belong to the body, and whether they end it.
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

// Unstuffed returns the message in a body with its closing dot, without the dots that were doubled after a line end.
func Unstuffed(body []byte) []byte {
	body = bytes.TrimSuffix(body, []byte(".\r\n"))
	out := make([]byte, 0, len(body))
	for l := range bytes.Lines(body) {
		out = append(out, bytes.TrimPrefix(l, []byte("."))...)
	}
	return out
}
