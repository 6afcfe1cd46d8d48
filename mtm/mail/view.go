package mail

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/net/html/charset"
)

// OpenText returns a reader of a text part in UTF-8, otherwise unchanged. For HTML
// without a charset parameter it uses the charset in the HTML's head. body must stay open
// until the text is read.
func (p *Part) OpenText(body io.ReadSeeker, o Options) (io.Reader, error) {
	r, err := p.Open(body)
	if err != nil {
		return nil, err
	}
	name := p.Charset
	if p.MediaType == "text/html" && !KnownCharset(name) {
		page := bufio.NewReaderSize(r, sampleSize)
		name = metaCharset(page)
		r = page
	}
	return newTextReader(r, name, o.Fallback, p.Size), nil
}

// metaCharset returns the charset that HTML names in its first octets, "" for none.
func metaCharset(page *bufio.Reader) string {
	const looked = 1024 // as browsers do
	ahead, _ := page.Peek(looked)
	_, name, certain := charset.DetermineEncoding(ahead, "")
	if certain || bytes.Contains(bytes.ToLower(ahead), []byte("charset")) { // otherwise the charset would be a guess
		return name
	}
	return ""
}

// OpenView returns a reader of a text part as people read it, in UTF-8: HTML as plain text, lines
// of format=flowed joined, uuencoded files left out. body must stay open until the text is read.
func (p *Part) OpenView(body io.ReadSeeker, o Options) (io.Reader, error) {
	if len(p.Children) > 0 && !p.IsMessage() {
		r, err := p.Open(body)
		if err != nil {
			return nil, err
		}
		return newTextReader(&withoutFiles{r: r, files: p.Children}, p.Charset, o.Fallback, sampleSize), nil
	}
	r, err := p.OpenText(body, o)
	switch {
	case err != nil:
		return nil, err
	case p.MediaType == "text/html":
		return newHTMLReader(r), nil
	case p.MediaType == "text/plain" && p.Flowed:
		return newFlowedReader(r, p.DelSp), nil
	}
	return r, nil
}

// withoutFiles is a reader that leaves out the files inside a text.
type withoutFiles struct {
	r     io.Reader
	pos   int64
	files []*Part
}

// Read implements io.Reader.
func (w *withoutFiles) Read(p []byte) (int, error) {
	for len(w.files) > 0 && w.pos >= w.files[0].start {
		skipped, err := io.CopyN(io.Discard, w.r, w.files[0].end-w.pos)
		w.pos += skipped
		if err != nil {
			return 0, err
		}
		w.files = w.files[1:]
	}
	if len(w.files) > 0 {
		p = p[:min(int64(len(p)), w.files[0].start-w.pos)]
	}
	n, err := w.r.Read(p)
	w.pos += int64(n)
	return n, err
}

// flowedReader is a reader that joins the lines of format=flowed (RFC 3676 section 4), where a
// blank at the end of a line means that the next line continues it.
type flowedReader struct {
	in     *bufio.Reader
	delSp  bool
	out    bytes.Buffer
	err    error
	middle bool // in the middle of a line that is too long for one piece
	flows  bool // the next line continues the last one
	quotes int  // of the last line
}

func newFlowedReader(r io.Reader, delSp bool) *flowedReader {
	return &flowedReader{in: bufio.NewReaderSize(r, 4<<10), delSp: delSp}
}

// Read implements io.Reader.
func (f *flowedReader) Read(p []byte) (int, error) {
	for f.out.Len() == 0 {
		if f.err != nil {
			return 0, f.err
		}
		var line []byte
		line, f.err = f.in.ReadSlice('\n')
		if f.err == bufio.ErrBufferFull {
			f.err = nil
		}
		f.piece(line)
		if f.err != nil && f.flows {
			f.out.WriteByte('\n')
		}
	}
	return f.out.Read(p)
}

// piece handles a line, or a piece of a very long one.
func (f *flowedReader) piece(line []byte) {
	begins := !f.middle
	text := bytes.TrimRight(line, "\r\n")
	f.middle = len(text) == len(line) && len(line) > 0
	if begins {
		text = f.begin(text)
	}
	if f.middle {
		f.out.Write(text)
		return
	}
	f.flows = len(text) > 0 && text[len(text)-1] == ' ' && string(text) != "-- "
	if f.flows && f.delSp {
		text = text[:len(text)-1]
	}
	f.out.Write(text)
	if !f.flows && len(line) > 0 {
		f.out.WriteByte('\n')
	}
}

// begin removes the quote marks and the blank at the start of a line, and joins the line to the
// last one if that is to be continued at the same depth. Quote marks with blanks between them are
// kept.
func (f *flowedReader) begin(text []byte) []byte {
	marks := quoteMarks(text)
	quotes, space := bytes.Count(marks, []byte(">")), " "
	rest := bytes.TrimPrefix(text[len(marks):], []byte(space))
	if quotes < len(marks) && len(marks)+len(rest) == len(text) {
		space = "" // "> >= 5" may be no mark
	}
	if f.flows && (quotes != f.quotes || string(rest) == "-- ") {
		f.out.WriteByte('\n')
		f.flows = false
	}
	if !f.flows && quotes > 0 {
		f.out.Write(marks)
		f.out.WriteString(space)
	}
	f.quotes = quotes
	return rest
}

// quoteMarks returns the marks of quoting that a line begins with. RFC 3676 has no blanks between
// them; many programs write them.
func quoteMarks(line []byte) []byte {
	n := 0
	for rest := line; ; rest = bytes.TrimPrefix(line[n:], []byte(" ")) {
		if len(rest) == 0 || rest[0] != '>' || n == 0 && len(rest) < len(line) {
			return line[:n]
		}
		n = len(line) - len(rest) + 1
	}
}
