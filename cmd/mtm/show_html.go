package main

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxToken bounds what the HTML reader keeps at once: one tag, or one run of text.
const maxToken = 1 << 20

// htmlText writes the text of an HTML document: blocks on lines of their own, links with their address, no markup. It
// aims at being readable, not at the look of the page.
func htmlText(r io.Reader, w io.Writer) error {
	t := html.NewTokenizer(r)
	t.SetMaxBuf(maxToken)
	p := &htmlPrinter{w: w, lineEnds: 2}
	for {
		switch t.Next() {
		case html.ErrorToken:
			err := t.Err()
			if errors.Is(err, html.ErrBufferExceeded) {
				p.lines(1)
				p.write("(the rest cannot be read: one piece of it is longer than 1 MiB)\n")
				return p.err
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return errors.Join(p.err, err)
		case html.TextToken:
			if p.hidden == 0 {
				p.text(t.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			p.open(t)
		case html.EndTagToken:
			name, _ := t.TagName()
			p.close(atom.Lookup(name))
		case html.CommentToken, html.DoctypeToken:
		}
		if p.err != nil {
			return p.err
		}
	}
}

// htmlPrinter knows how the text so far ended, so that blanks and line ends do not pile up.
type htmlPrinter struct {
	w        io.Writer
	err      error
	lineEnds int  // at the end of the text so far; at most two are written
	blank    bool // a blank is due before the next word
	hidden   int  // depth of elements whose text is not for reading
	pre      int
	link     string
}

func (p *htmlPrinter) write(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, text)
	}
}

func (p *htmlPrinter) text(text []byte) {
	if p.pre > 0 {
		p.word(string(text))
		return
	}
	if len(text) > 0 && isBlank(text[0]) {
		p.blank = true
	}
	fields := bytes.Fields(text)
	for i, f := range fields {
		p.blank = p.blank || i > 0
		p.word(string(f))
	}
	if len(fields) > 0 && isBlank(text[len(text)-1]) {
		p.blank = true
	}
}

func isBlank(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

func (p *htmlPrinter) word(word string) {
	if p.blank && p.lineEnds == 0 {
		p.write(" ")
	}
	p.write(word)
	p.blank, p.lineEnds = false, 0
}

// lines makes the text end in n line ends at least.
func (p *htmlPrinter) lines(n int) {
	for ; p.lineEnds < n; p.lineEnds++ {
		p.write("\n")
	}
	p.blank = false
}

func (p *htmlPrinter) open(t *html.Tokenizer) {
	name, more := t.TagName()
	tag := atom.Lookup(name)
	switch tag {
	case atom.Script, atom.Style, atom.Head, atom.Title:
		p.hidden++
	case atom.Br:
		p.write("\n")
		p.lineEnds++
		p.blank = false
	case atom.Li:
		p.lines(1)
		p.word("- ")
	case atom.Td, atom.Th:
		p.blank = true
	case atom.Hr:
		p.lines(1)
		p.word("----")
		p.lines(1)
	case atom.Pre:
		p.pre++
		p.lines(2)
	case atom.A, atom.Img:
		p.attributes(t, tag, more)
	default:
		p.lines(blockSpace(tag))
	}
}

// attributes keeps the address of a link and shows what stands for an image.
func (p *htmlPrinter) attributes(t *html.Tokenizer, tag atom.Atom, more bool) {
	for more {
		var key, value []byte
		key, value, more = t.TagAttr()
		switch {
		case tag == atom.A && string(key) == "href":
			p.link = string(value)
		case tag == atom.Img && string(key) == "alt" && len(value) > 0 && p.hidden == 0:
			p.word("[" + string(value) + "]")
		}
	}
}

func (p *htmlPrinter) close(tag atom.Atom) {
	switch tag {
	case atom.Script, atom.Style, atom.Head, atom.Title:
		p.hidden = max(0, p.hidden-1)
	case atom.Pre:
		p.pre = max(0, p.pre-1)
		p.lines(2)
	case atom.A:
		if p.link != "" {
			p.blank = true
			p.word("<" + p.link + ">")
			p.link = ""
		}
	default:
		p.lines(blockSpace(tag))
	}
}

// blockSpace is how many line ends stand before and after a block.
func blockSpace(tag atom.Atom) int {
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Ul, atom.Ol, atom.Table:
		return 2
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Dt, atom.Dd:
		return 1
	}
	return 0
}
