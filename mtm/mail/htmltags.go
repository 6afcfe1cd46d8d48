package mail

import (
	"bytes"
	"io"
	"strconv"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func (p *htmlPrinter) open(t *html.Tokenizer) {
	name, more := t.TagName()
	tag := atom.Lookup(name)
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Template:
		p.hidden = true
		return
	}
	p.hidden = false // the end tag of the hidden element is missing
	switch tag {
	case atom.Br:
		p.breakLine()
	case atom.Ul, atom.Ol, atom.Menu:
		p.openList(tag)
	case atom.Li:
		p.item()
	case atom.Td, atom.Th:
		p.cell = p.lineEnds == 0 && p.due == 0
	case atom.Hr:
		p.lines(1)
		p.word([]byte("----"))
		p.lines(1)
	case atom.Pre:
		p.pre++
		p.lines(2)
	case atom.Blockquote:
		p.lines(2)
		p.quotes = min(p.quotes+1, maxOpen)
	case atom.A, atom.Img:
		p.attributes(t, tag, more)
	default:
		p.lines(blockSpace(tag))
	}
}

// breakLine ends a line.
func (p *htmlPrinter) breakLine() {
	p.flush()
	p.out.WriteByte('\n')
	p.lineEnds++
	p.blank, p.cell = false, false
}

func (p *htmlPrinter) openList(tag atom.Atom) {
	if len(p.lists) == 0 {
		p.lines(2)
	} else {
		p.lines(1)
	}
	number := -1
	if tag == atom.Ol {
		number = 0
	}
	if len(p.lists) < maxOpen {
		p.lists = append(p.lists, number)
	}
}

// item begins an item of the current list.
func (p *htmlPrinter) item() {
	p.marked = false
	p.lines(1)
	mark := "-"
	if last := len(p.lists) - 1; last >= 0 && p.lists[last] >= 0 {
		p.lists[last]++
		mark = strconv.Itoa(p.lists[last]) + "."
	}
	p.word([]byte(mark))
	p.blank, p.marked = true, true
}

// attributes keeps the address of a link, and shows the alternative text of an image.
func (p *htmlPrinter) attributes(t *html.Tokenizer, tag atom.Atom, more bool) {
	if tag == atom.A {
		p.endLink()
	}
	for more {
		var key, value []byte
		key, value, more = t.TagAttr()
		switch {
		case tag == atom.A && string(key) == "href":
			p.link, p.linkText = bytes.Clone(bytes.TrimSpace(value)), p.linkText[:0]
		case tag == atom.Img && string(key) == "alt" && len(bytes.TrimSpace(value)) > 0:
			p.text(append(append([]byte("["), bytes.TrimSpace(value)...), ']'))
		}
	}
}

func (p *htmlPrinter) close(tag atom.Atom) {
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Template:
		p.hidden = false
	case atom.Pre:
		p.pre = max(0, p.pre-1)
		p.lines(2)
	case atom.Blockquote:
		p.lines(2)
		p.quotes = max(0, p.quotes-1)
	case atom.Ul, atom.Ol, atom.Menu:
		p.lists = p.lists[:max(0, len(p.lists)-1)]
		p.lines(1)
		if len(p.lists) == 0 {
			p.lines(2)
		}
	case atom.A:
		p.endLink()
	case atom.Td, atom.Th, atom.Br:
	default:
		p.lines(blockSpace(tag))
	}
}

// endLink shows the address of a link, unless its text is the address.
func (p *htmlPrinter) endLink() {
	link := p.link
	p.link = nil
	if len(link) == 0 || link[0] == '#' || bytes.HasPrefix(bytes.ToLower(link[:min(len(link), 11)]), []byte("javascript:")) {
		return
	}
	for _, prefix := range []string{"", "mailto:", "http://", "https://", "tel:"} {
		if shown, ok := bytes.CutPrefix(link, []byte(prefix)); ok && bytes.Equal(bytes.TrimRight(shown, "/"), bytes.TrimRight(p.linkText, "/")) {
			return
		}
	}
	p.blank = true
	p.word(append(append([]byte("<"), link...), '>'))
}

// shortener keeps tags and runs of text below the limit of the tokenizer. It drops the rest of a
// longer tag, such as a picture in an attribute, and splits a longer text with a comment.
type shortener struct {
	r   io.Reader
	in  []byte
	buf []byte
	err error
	tag bool
	run int // octets of the current tag or text
}

// The limits of shortener.
const (
	maxTag  = 64 << 10
	maxText = 256 << 10
)

// Read implements io.Reader.
func (s *shortener) Read(p []byte) (int, error) {
	for len(s.buf) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		if s.in == nil {
			s.in = make([]byte, 8<<10)
		}
		var n int
		n, s.err = s.r.Read(s.in)
		s.buf = s.shorten(s.buf[:0], s.in[:n])
	}
	n := copy(p, s.buf)
	s.buf = s.buf[n:]
	return n, nil
}

func (s *shortener) shorten(dst, src []byte) []byte {
	for len(src) > 0 {
		mark := byte('<')
		if s.tag {
			mark = '>'
		}
		n := bytes.IndexByte(src, mark)
		found := n >= 0
		if !found {
			n = len(src)
		}
		if s.tag {
			fits := min(n, max(0, maxTag-s.run))
			dst = append(dst, src[:fits]...)
			for _, c := range src[fits:n] {
				if c == '"' || c == '\'' { // a value that was cut must be closed
					dst = append(dst, c)
				}
			}
		} else {
			dst = append(dst, src[:n]...)
		}
		s.run += n
		if !s.tag && s.run > maxText {
			dst, s.run = append(dst, "<!---->"...), 0
		}
		src = src[n:]
		if found {
			dst, src = append(dst, mark), src[1:]
			s.tag, s.run = !s.tag, 0
		}
	}
	return dst
}
