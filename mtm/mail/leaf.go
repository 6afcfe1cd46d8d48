package mail

// leaf handles the content of a part while it is read.
type leaf struct {
	part    *Part
	decoder decoder // nil when the octets need no decoding
	scratch []byte
	files   *uuFinder // looks for files in a text
	inner   *Scanner  // reads an encoded message
}

// beginLeaf begins the content of a part.
func (s *Scanner) beginLeaf(p *Part) {
	l := leaf{part: p, scratch: s.leaf.scratch}
	if p.encoding != Identity {
		l.decoder = p.encoding.decoder()
	}
	// Programs that write uuencoded files into a text do not know MIME. A text with a
	// Content-Type has no such files.
	if !p.typed && p.MediaType == "text/plain" && p.Disposition != "attachment" && l.decoder == nil {
		s.files = uuFinder{line: s.files.line[:0], found: s.files.found[:0]}
		l.files = &s.files
	}
	if s.traits != nil {
		if l.files == nil {
			l = leaf{} // the content is not examined
		}
		s.leaf = l
		return
	}
	if p.IsMessage() && l.decoder != nil && s.base == nil {
		l.inner = &Scanner{fallback: s.fallback, tally: s.tally, base: p}
		l.inner.frames = append(l.inner.frames, frame{part: p, path: p.Path})
		l.inner.startHeader()
	}
	s.leaf = l
}

// write handles octets of the content.
func (l *leaf) write(p []byte) {
	if l.part == nil || len(p) == 0 {
		return
	}
	if l.decoder != nil {
		const most = 16 << 10 // octets that are decoded at once
		for len(p) > 0 {
			n := min(len(p), most)
			l.scratch = l.decoder.decode(l.scratch[:0], p[:n])
			l.decoded(l.scratch)
			p = p[n:]
		}
		return
	}
	l.decoded(p)
}

func (l *leaf) decoded(p []byte) {
	l.part.Size += int64(len(p))
	if l.files != nil {
		l.files.write(p)
	}
	if l.inner != nil {
		_, _ = l.inner.Write(p) // it never fails
	}
}

// endLeaf ends the current content, which ends at end in the message.
func (s *Scanner) endLeaf(end int64) {
	l := &s.leaf
	if l.part == nil {
		return
	}
	if l.decoder != nil {
		l.decoded(l.decoder.finish(l.scratch[:0]))
	}
	l.part.end = max(end, l.part.start)
	if l.inner != nil {
		l.inner.End()
	}
	if l.files != nil {
		s.takeFiles(l)
	}
	s.leaf = leaf{scratch: l.scratch}
}

// takeFiles adds parts for the files in a text.
func (s *Scanner) takeFiles(l *leaf) {
	for i, f := range l.files.end() {
		if s.traits != nil {
			*s.traits |= HasAttachment
			return
		}
		if s.tally.parts++; s.tally.parts > maxParts {
			return
		}
		l.part.Children = append(l.part.Children, &Part{
			Path: joinPath(l.part.Path, i+1), MediaType: "application/octet-stream", Disposition: "attachment",
			Filename: cut(DecodeText(f.name, s.fallback)), Size: f.size, Embedded: l.part.Embedded,
			base: l.part, start: f.start, end: f.end, encoding: UUEncode,
		})
	}
}
