package mail

import (
	"bytes"
	"strconv"
	"strings"
)

// frame is an open multipart or an open message. The lowest frame is the message itself.
type frame struct {
	part     *Part
	header   Header // of a message
	boundary string // of a multipart; "" for a message
	guess    bool   // a multipart without a boundary parameter: its boundary is the first line that may be one
	digest   bool
	related  bool   // multipart/related: a page and its images
	path     string // prefix of the paths of its parts
	number   int    // parts so far
}

// delimiter reports whether a line is a boundary of an open multipart, of which one, and whether it
// is the closing one. Blanks may follow the boundary (RFC 2046 section 5.1.1).
func (s *Scanner) delimiter(line []byte) (frame int, closing, ok bool) {
	text := bytes.TrimRight(line, " \t\r\n")
	text, ok = bytes.CutPrefix(text, []byte("--"))
	if !ok || s.watching == 0 {
		return 0, false, false
	}
	for i := len(s.frames) - 1; i > 0; i-- {
		f := &s.frames[i]
		if f.guess && f.boundary == guessed0 && i == len(s.frames)-1 && f.number == 0 && len(text) > 2 &&
			!bytes.ContainsAny(text, " \t") {
			f.boundary = string(text)
			return i, false, true
		}
		begins := len(text) >= len(f.boundary) && string(text[:len(f.boundary)]) == f.boundary
		switch {
		case f.boundary == "" || !begins:
		case len(text) == len(f.boundary):
			return i, false, true
		case closes(text[len(f.boundary):]):
			return i, true, true
		}
	}
	return 0, false, false
}

// closes reports whether the rest of a boundary line, two hyphens, ends the multipart. Some
// programs write more after them; letters would belong to another boundary.
func closes(rest []byte) bool {
	rest, ok := bytes.CutPrefix(rest, []byte("--"))
	return ok && (len(rest) == 0 || !isNameRune(rune(rest[0])) && rest[0] < 0x80)
}

// announced reports whether a line in a header is the boundary that the header names. Then the
// blank line between them is missing.
func (s *Scanner) announced(line []byte) bool {
	const most = 20 // lines of a header that are looked at
	if s.tries++; s.tries > most || s.frames[len(s.frames)-1].boundary != "" {
		return false
	}
	e := readEntity(s.head, &s.last)
	text := strings.TrimRight(string(line), " \t\r\n")
	return strings.HasPrefix(e.mediaType, "multipart/") && text == "--"+strings.TrimRight(e.params.raw("boundary"), " \t")
}

// guessed0 stands for a boundary that is not known yet. It cannot be equal to a line.
const guessed0 = "\n"

// boundary handles a boundary line. end is the end of the content before it.
func (s *Scanner) boundary(i int, closing bool, end int64) {
	s.line, s.eol, s.atStart = s.line[:0], noEnd, true
	s.closeTo(i+1, end)
	if closing {
		s.closeTo(i, end)
		return
	}
	s.startHeader()
}

func (s *Scanner) startHeader() {
	s.inHeader, s.headAt, s.headCut, s.tries = true, s.pos, false, 0
	s.head, s.line = s.head[:0], s.line[:0]
}

// closeTo ends the current content and all frames from n on.
func (s *Scanner) closeTo(n int, end int64) {
	s.endLeaf(end)
	for i := len(s.frames) - 1; i >= max(n, 1); i-- {
		f := &s.frames[i]
		if f.boundary != "" {
			s.watching--
		}
		if p := f.part; p != nil {
			p.end = end
			if f.boundary == "" {
				p.Size = max(0, p.end-p.start)
			} else if f.number == 0 {
				unparted(p, f, &s.frames[i-1])
			}
		}
		s.frames = s.frames[:i]
	}
}

// unparted turns a multipart in which no part begins into a text.
func unparted(p *Part, f, parent *frame) {
	p.MediaType, p.Path = "text/plain", f.path
	if parent.boundary == "" {
		p.Path = joinPath(f.path, 1)
	}
	p.Size = max(0, p.end-p.start)
}

// endHeaders ends the current header, which has no blank line, and the headers of
// messages that begin there.
func (s *Scanner) endHeaders() {
	for s.inHeader {
		s.endHeader(false)
	}
}

// endHeader ends a header. blank is true when a blank line ended it; else the lines after its
// last field are content.
func (s *Scanner) endHeader(blank bool) {
	s.inHeader, s.atStart = false, true
	raw, start := s.head, s.pos
	var rest []byte
	if !blank && !s.headCut {
		at := lastFieldEnd(raw)
		raw, rest, start = raw[:at], raw[at:], s.headAt+int64(at)
	}
	s.begin(raw, start)
	if !s.inHeader {
		s.leaf.write(rest)
		return
	}
	if now := s.pos; len(rest) > 0 { // the header of an embedded message
		s.pos = start
		_, _ = s.Write(bytes.Clone(rest)) // it never fails
		s.pos = now
	}
}

// lastFieldEnd returns where the last field of a header block ends.
func lastFieldEnd(raw []byte) int {
	end := 0
	for rest := raw; ; {
		var name []byte
		if name, _, rest = NextField(rest); name == nil {
			return end
		}
		end = len(raw) - len(rest)
	}
}

// begin begins a message or a part with a header. Its content begins at start.
func (s *Scanner) begin(raw []byte, start int64) {
	parent := &s.frames[len(s.frames)-1]
	if s.tally.parts++; s.tally.parts > maxParts {
		s.tally.notice("more than 10,000 parts")
		return
	}
	e := readEntity(raw, &s.last)
	if !e.given && parent.digest { // RFC 2046 section 5.1.5
		e.mediaType = "message/rfc822"
	}
	parent.number++
	inMessage := parent.boundary == ""
	if inMessage && s.traits == nil {
		parent.header = ParseHeader(bytes.Clone(raw), s.fallback)
		parent.header.cut = s.headCut
		if parent.part != nil {
			parent.part.Header = parent.header
		}
	}
	p := s.newPart(&e, start)
	p.related = parent.related
	path := parent.path
	multipart := strings.HasPrefix(p.MediaType, "multipart/") && len(s.frames) <= maxDepth
	if !inMessage || !multipart {
		path = joinPath(path, parent.number)
	}
	if multipart {
		s.add(p)
		s.beginMultipart(&e, p, path)
		return
	}
	p.Path = path
	if len(s.frames) > maxDepth && strings.HasPrefix(p.MediaType, "multipart/") {
		s.tally.notice("parts nested more than 50 deep")
	}
	s.add(p)
	if s.traits == nil && p.IsMessage() && len(s.frames) <= maxDepth && p.encoding == Identity {
		s.frames = append(s.frames, frame{part: p, path: path})
		s.startHeader()
		s.headAt = start
		return
	}
	s.beginLeaf(p)
}

func joinPath(path string, number int) string {
	if path == "" {
		return strconv.Itoa(number)
	}
	return path + "." + strconv.Itoa(number)
}

// newPart returns a part for a header. When only traits are wanted it returns the same Part each
// time, with the fields that they need.
func (s *Scanner) newPart(e *entityHeader, start int64) *Part {
	if s.traits != nil {
		s.light = Part{MediaType: e.mediaType, Disposition: e.disposition, encoding: e.encoding, typed: e.given}
		if e.named() {
			s.light.Filename = "a name"
		}
		return &s.light
	}
	return &Part{
		MediaType: cut(e.mediaType), Charset: cut(e.params.token("charset")), Filename: cut(e.filename(s.fallback)),
		Disposition: cut(e.disposition), ContentID: cut(e.contentID),
		Flowed: e.params.token("format") == "flowed", DelSp: e.params.token("delsp") == "yes",
		encoding: e.encoding, start: start, end: start, base: s.base, typed: e.given,
	}
}

// add adds a part to the current frame.
func (s *Scanner) add(p *Part) {
	parent := &s.frames[len(s.frames)-1]
	if s.traits != nil {
		s.traits.add(p)
		return
	}
	p.Embedded = s.base != nil
	for _, f := range s.frames[1:] {
		p.Embedded = p.Embedded || f.boundary == ""
	}
	if parent.part == nil {
		parent.part = p
		return
	}
	parent.part.Children = append(parent.part.Children, p)
}

// beginMultipart begins a frame for the parts of p.
func (s *Scanner) beginMultipart(e *entityHeader, p *Part, path string) {
	boundary := strings.TrimRight(e.params.raw("boundary"), " \t")
	f := frame{boundary: boundary, digest: p.MediaType == "multipart/digest", related: p.MediaType == "multipart/related", path: path}
	if boundary == "" || len(boundary) > maxBoundary-10 {
		f.boundary, f.guess = guessed0, true
	}
	if s.traits == nil {
		f.part = p
	}
	p.encoding = Identity // RFC 2045 section 6.4 allows no other
	s.frames = append(s.frames, f)
	s.watching++
	s.leaf = leaf{}
}
