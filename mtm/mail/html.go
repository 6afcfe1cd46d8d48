package mail

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxToken limits what the tokenizer holds at once: one tag or one run of text.
const maxToken = 1 << 20

// htmlReader returns the text of a page: blocks on separate lines, lists with marks, tabs between
// cells, links with their addresses. It reads tag by tag and does not build a tree.
type htmlReader struct {
	t   *html.Tokenizer
	p   htmlPrinter
	err error
}

func newHTMLReader(r io.Reader) *htmlReader {
	t := html.NewTokenizer(&shortener{r: r})
	t.SetMaxBuf(maxToken)
	return &htmlReader{t: t, p: htmlPrinter{lineEnds: 2}}
}

// Read implements io.Reader.
func (h *htmlReader) Read(p []byte) (int, error) {
	for h.p.out.Len() == 0 {
		if h.err != nil {
			return 0, h.err
		}
		h.token()
	}
	return h.p.out.Read(p)
}

func (h *htmlReader) token() {
	p := &h.p
	switch h.t.Next() {
	case html.ErrorToken:
		h.err = h.t.Err()
		if errors.Is(h.err, html.ErrBufferExceeded) {
			p.lines(1)
			p.word([]byte("(the rest is not shown: a piece of it is longer than 1 MiB)"))
			h.err = io.EOF
		}
		if p.lineEnds == 0 {
			p.out.WriteByte('\n')
		}
	case html.TextToken:
		if !p.hidden {
			p.text(h.t.Text())
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		p.open(h.t)
	case html.EndTagToken:
		name, _ := h.t.TagName()
		p.close(atom.Lookup(name))
	case html.CommentToken, html.DoctypeToken:
	}
}

// htmlPrinter writes the text. It knows how the text so far ended, so that blanks and line
// ends are not repeated.
type htmlPrinter struct {
	out      bytes.Buffer
	lineEnds int  // at the end of the text so far
	due      int  // line ends that are due before the next word
	blank    bool // a blank is due before the next word
	cell     bool // a tab is
	marked   bool // the mark of an item was written last
	hidden   bool // in an element whose text is not shown
	pre      int
	quotes   int
	lists    []int // for each open list the number of its last item, -1 for a list without numbers
	link     []byte
	linkText []byte
}

// Limits of the indentation, of open elements and of the text of a link, in this order.
const (
	maxIndent   = 10
	maxOpen     = 1000
	maxLinkText = 2000
)

func (p *htmlPrinter) text(text []byte) {
	if p.pre > 0 {
		p.preformatted(text)
		return
	}
	for len(text) > 0 {
		n := bytes.IndexFunc(text, isHTMLBlank)
		switch {
		case n == 0:
			p.blank = true
			text = bytes.TrimLeftFunc(text, isHTMLBlank)
			continue
		case n < 0:
			n = len(text)
		}
		p.word(text[:n])
		text = text[n:]
	}
}

// isHTMLBlank reports whether a character is shown as a blank, including the no-break space.
func isHTMLBlank(r rune) bool {
	switch r {
	case ' ', '\n', '\t', '\r', '\f', '\u00a0', '\u2007', '\u202f':
		return true
	}
	return false
}

// preformatted writes text with its blanks and line ends.
func (p *htmlPrinter) preformatted(text []byte) {
	for i, line := range bytes.Split(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n")) {
		if i > 0 {
			p.breakLine()
		}
		if len(line) > 0 {
			p.word(line)
		}
	}
}

func (p *htmlPrinter) word(word []byte) {
	word = withoutInvisible(word)
	if len(word) == 0 {
		return
	}
	p.flush()
	switch {
	case p.lineEnds > 0:
		p.indent()
	case p.cell:
		p.out.WriteByte('\t')
	case p.blank:
		p.out.WriteByte(' ')
	}
	p.out.Write(word)
	if p.link != nil && len(p.linkText) < maxLinkText {
		p.linkText = append(p.linkText, word...)
	}
	p.blank, p.cell, p.marked, p.lineEnds = false, false, false, 0
}

// withoutInvisible removes invisible characters, with which some pages are padded.
func withoutInvisible(word []byte) []byte {
	if bytes.IndexFunc(word, isInvisible) < 0 {
		return word
	}
	return bytes.Map(func(r rune) rune {
		if isInvisible(r) {
			return -1
		}
		return r
	}, word)
}

func isInvisible(r rune) bool {
	return r == '\u200b' || r == '\ufeff' || r == '\u00ad' || r == '\u034f' || r == '\u2060'
}

// indent writes the start of a line: quote marks, and the blanks of lists.
func (p *htmlPrinter) indent() {
	for range min(p.quotes, maxIndent) {
		p.out.WriteString("> ")
	}
	for range min(len(p.lists)-1, maxIndent) {
		p.out.WriteString("  ")
	}
}

// lines requests at least n line ends before the next word, in a list one.
func (p *htmlPrinter) lines(n int) {
	if p.marked || n == 0 {
		return
	}
	if len(p.lists) > 0 {
		n = 1
	}
	p.due = max(p.due, n)
	p.blank, p.cell = false, false
}

// flush writes the line ends that are due.
func (p *htmlPrinter) flush() {
	for ; p.lineEnds < p.due; p.lineEnds++ {
		p.out.WriteByte('\n')
	}
	p.due = 0
}

// blockSpace returns the number of line ends before and after a block.
func blockSpace(tag atom.Atom) int {
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Pre, atom.Dl, atom.Figure:
		return 2
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Dt, atom.Dd,
		atom.Center, atom.Form, atom.Fieldset, atom.Legend, atom.Option, atom.Main, atom.Nav, atom.Aside, atom.Body,
		atom.Caption, atom.Figcaption, atom.Details, atom.Summary, atom.Li:
		return 1
	}
	return 0
}
