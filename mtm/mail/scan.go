package mail

import (
	"bytes"
	"io"
)

// Options configures how a message is read. The zero value is valid.
type Options struct {
	// Fallback is the charset of octets that are not UTF-8, where the message names no charset;
	// "" means windows-1252.
	Fallback string
}

// Read parses a message. It reads r once, from start to end. The error is that of r.
func Read(r io.Reader, o Options) (*Message, error) {
	s := newScanner(o)
	if _, err := io.CopyBuffer(onlyWrites{s}, onlyReads{r}, make([]byte, 32<<10)); err != nil {
		return nil, err
	}
	return s.End(), nil
}

type onlyWrites struct{ io.Writer }
type onlyReads struct{ io.Reader }

// Scanner parses a message that is written to it in pieces of any size. It takes linear time, and
// memory only for headers and parts. It is not safe for concurrent use.
type Scanner struct {
	fallback string
	traits   *Traits // not nil when only traits are wanted, not parts
	light    Part    // the current part, when only traits are wanted
	tally    *tally
	base     *Part // of the octets that come, see Part
	pos      int64 // octets so far

	// The state of reading: in a header or in a body. line is the beginning of a line
	// that may not be content.
	inHeader bool
	line     []byte
	long     bool // the current line is too long for a header
	head     []byte
	headAt   int64
	headCut  bool
	odd      bool // a header came in pieces, or has unusual lines: the next headers are read line by line
	tries    int  // lines of the header that may be a boundary
	last     contentType

	atStart  bool // of a line in a body
	eol      lineEnd
	frames   []frame
	watching int // frames with a boundary
	leaf     leaf
	files    uuFinder // of the current leaf
}

// tally holds the counts that a message shares with its embedded messages.
type tally struct {
	parts   int
	notices []string
}

func (t *tally) notice(text string) {
	if n := len(t.notices); n == 0 || t.notices[n-1] != text {
		t.notices = append(t.notices, text)
	}
}

// lineEnd is a line end that was read and not passed on yet: before a boundary it is not content
// (RFC 2046 section 5.1.1).
type lineEnd string

const (
	noEnd lineEnd = ""
	lf    lineEnd = "\n"
	crlf  lineEnd = "\r\n"
	cr    lineEnd = "\r" // LF may follow
)

// newScanner returns a Scanner for one message.
func newScanner(o Options) *Scanner {
	s := &Scanner{fallback: o.Fallback, tally: &tally{}}
	s.Reset()
	return s
}

// Reset makes the Scanner ready for another message.
func (s *Scanner) Reset() {
	*s = Scanner{
		fallback: s.fallback, traits: s.traits, tally: s.tally, base: s.base, last: s.last,
		line: s.line[:0], head: s.head[:0], files: s.files, frames: append(s.frames[:0], frame{}), inHeader: true,
	}
	*s.tally = tally{}
	if s.traits != nil {
		*s.traits = 0
	}
}

// Write parses octets of the message. It never fails.
func (s *Scanner) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		switch {
		case s.inHeader:
			rest = s.takeHeader(rest)
		case s.watching == 0:
			s.pos += int64(len(rest))
			s.leaf.write(rest)
			rest = nil
		case s.atStart:
			rest = s.takeStart(rest)
		default:
			rest = s.takeLine(rest)
		}
	}
	return len(p), nil
}

// takeHeader reads a header up to the end of a line, or all of it when it is complete
// and has no unusual lines.
func (s *Scanner) takeHeader(p []byte) []byte {
	if len(s.line) == 0 && len(s.head) == 0 && !s.odd {
		if end := HeaderEnd(p[:min(len(p), maxHeader)]); end >= 0 && s.plainHeader(p[:end]) {
			s.pos += int64(end)
			s.inHeader, s.atStart = false, true
			s.begin(p[:end], s.pos)
			return p[end:]
		}
		s.odd = true
	}
	end := bytes.IndexByte(p, '\n')
	piece := p[:end+1]
	if end < 0 {
		piece = p
	}
	s.pos += int64(len(piece))
	if len(s.line) > 0 || end < 0 {
		if room := maxHeader - len(s.line); len(piece) > room {
			s.long, piece = true, piece[:room]
		}
		s.line = append(s.line, piece...)
		if end < 0 {
			return nil
		}
		piece = s.line
	}
	s.line = s.line[:0] // headerLine no longer needs it when it grows again
	s.headerLine(piece)
	s.long = false
	return p[end+1:]
}

// plainHeader reports whether a header is not empty and none of its lines may be a boundary.
func (s *Scanner) plainHeader(raw []byte) bool {
	if raw[0] == '-' || bytes.Contains(raw, []byte("\n--")) {
		return false
	}
	inPart := s.frames[len(s.frames)-1].boundary != ""
	return !inPart || raw[0] == '\r' || raw[0] == '\n' || isField(raw[:bytes.IndexByte(raw, '\n')+1])
}

func (s *Scanner) headerLine(line []byte) {
	if bytes.HasPrefix(line, []byte("--")) {
		at := s.pos - int64(len(line))
		i, closing, ok := s.delimiter(line)
		if !ok && s.announced(line) {
			s.endHeader(false)
			i, closing, ok = s.delimiter(line)
		}
		if ok {
			s.endHeaders()
			s.boundary(i, closing, at)
			return
		}
	}
	switch {
	case len(bytes.TrimRight(line, "\r\n")) == 0 && !s.long:
		s.endHeader(true)
	case len(s.head) == 0 && s.frames[len(s.frames)-1].boundary != "" && !isField(line):
		// A part without a header. At the top of a message such a line is skipped.
		s.pos -= int64(len(line))
		s.endHeader(true)
		_, _ = s.Write(bytes.Clone(line)) // it never fails
	case len(s.head)+len(line) > maxHeader:
		s.headCut = true
		s.tally.notice("a header of more than 1 MiB")
	default:
		s.head = append(s.head, line...)
	}
}

func isField(line []byte) bool {
	name, _ := splitField(line)
	return name != nil
}

// takeStart reads octets of a line that may be a boundary.
func (s *Scanner) takeStart(p []byte) []byte {
	if len(s.line) == 0 && p[0] != '-' {
		s.flushEnd()
		return p
	}
	end := bytes.IndexByte(p, '\n')
	piece := p[:end+1]
	if end < 0 {
		piece = p
	}
	if len(s.line)+len(piece) > maxBoundary {
		s.reject()
		return p
	}
	s.pos += int64(len(piece))
	s.line = append(s.line, piece...)
	switch {
	case len(s.line) > 1 && s.line[1] != '-':
		s.reject()
	case end < 0:
	default:
		if i, closing, ok := s.delimiter(s.line); ok {
			s.boundary(i, closing, s.pos-int64(len(s.line))-int64(len(s.eol)))
		} else {
			s.reject()
		}
	}
	return p[len(piece):]
}

// reject passes on as content a line that is not a boundary.
func (s *Scanner) reject() {
	line := s.line
	s.flushEnd()
	s.line = s.line[:0]
	end := endOf(line)
	s.leaf.write(line[:len(line)-len(end)])
	s.eol, s.atStart = end, end == lf || end == crlf
}

// flushEnd passes on a line end that is not before a boundary.
func (s *Scanner) flushEnd() {
	if s.eol != noEnd {
		s.leaf.write([]byte(s.eol))
	}
	s.eol, s.atStart = noEnd, false
}

// endOf returns the line end of a line or of a piece of it.
func endOf(line []byte) lineEnd {
	switch {
	case bytes.HasSuffix(line, []byte(crlf)):
		return crlf
	case bytes.HasSuffix(line, []byte(lf)):
		return lf
	case bytes.HasSuffix(line, []byte(cr)):
		return cr
	}
	return noEnd
}

// takeLine reads octets from the middle of a line up to the next line that may be a boundary.
func (s *Scanner) takeLine(p []byte) []byte {
	if s.eol == cr {
		if p[0] == '\n' {
			s.pos++
			s.eol, s.atStart = crlf, true
			return p[1:]
		}
		s.flushEnd()
	}
	piece := p[:nextDashes(p)]
	s.pos += int64(len(piece))
	s.eol = endOf(piece)
	s.leaf.write(piece[:len(piece)-len(s.eol)])
	s.atStart = s.eol == lf || s.eol == crlf
	return p[len(piece):]
}

// nextDashes returns the start of the first line that begins with two hyphens, or with as many
// as p has at its end; len(p) for none. It searches for hyphens, which base64 does not have,
// and not for line ends.
func nextDashes(p []byte) int {
	for from := 0; ; {
		i := bytes.Index(p[from:], []byte("--"))
		if i < 0 {
			break
		}
		if from += i; from > 0 && p[from-1] == '\n' {
			return from
		}
		from++
	}
	if bytes.HasSuffix(p, []byte("\n-")) {
		return len(p) - 1
	}
	return len(p)
}

// End ends the message and returns it. It returns nil when only traits are wanted.
func (s *Scanner) End() *Message {
	if s.inHeader && len(s.line) > 0 {
		line := bytes.Clone(s.line)
		s.line = s.line[:0]
		s.headerLine(line)
	}
	s.endHeaders()
	if i, closing, ok := s.delimiter(s.line); ok {
		s.boundary(i, closing, s.pos-int64(len(s.line))-int64(len(s.eol)))
		s.endHeaders()
	} else {
		s.reject()
		s.flushEnd()
	}
	s.closeTo(0, s.pos)
	top := &s.frames[0]
	if s.traits != nil {
		return nil
	}
	if top.part == nil { // the message is empty
		top.part = &Part{Path: "1", MediaType: "text/plain", base: s.base, start: s.pos, end: s.pos}
	}
	return &Message{Header: top.header, Root: top.part, Notices: s.tally.notices}
}
