package verify

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
)

// form describes which changes of a message are allowed to a client. Served and stored messages are
// compared after both were read through the form. The zero value allows no change.
type form struct {
	lines  bool // ignore CRs before an LF
	mbox   bool // needs lines: also ignore ">" before From lines, and empty lines at the end
	fields bool // needs mbox: also ignore header fields that clients add
}

// Forms returns the forms by the names that --as takes. --as takes the names of clients too.
func Forms() map[string]form {
	return map[string]form{
		"exact": {}, "lf": {lines: true}, "mbox": {lines: true, mbox: true}, "lenient": {lines: true, mbox: true, fields: true},
		// These two are the changes that the method Alters of these clients describes.
		"mpop-maildir": {lines: true}, "mpop-mbox": {lines: true, mbox: true},
	}
}

// read returns a reader of r that leaves out what the form ignores.
func (f form) read(r io.Reader) io.Reader {
	if !f.lines {
		return r
	}
	return &formReader{form: f, in: bufio.NewReaderSize(r, 64<<10), start: true, header: true}
}

// formReader leaves out what its form ignores. It keeps one line, or a piece of a long line, in
// memory.
type formReader struct {
	form   form
	in     *bufio.Reader
	out    []byte // ready to be read
	buf    []byte // the memory of out, for reuse
	err    error
	start  bool // the next octet begins a line
	header bool
	adding bool // the current header field is one that clients add
	crs    int  // CRs held back until the next octet shows whether an LF follows
	blank  int  // empty lines held back until the next line shows that the message goes on
}

func (f *formReader) Read(p []byte) (int, error) {
	for len(f.out) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.step()
	}
	n := copy(p, f.out)
	f.out = f.out[n:]
	return n, nil
}

// step reads a piece and puts what remains of it into out.
func (f *formReader) step() {
	piece, err := f.in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		f.err = err
	}
	f.buf = f.buf[:0]
	text, whole := bytes.CutSuffix(piece, []byte("\n"))
	begins := f.start
	f.start = whole
	if len(piece) > 0 && !f.dropped(begins, text) {
		f.put(begins, text, whole)
	}
	if f.err != nil && f.crs > 0 {
		f.release()
	}
	if f.err == io.EOF && f.form.mbox && !f.start && !f.adding {
		f.buf = append(f.buf, '\n') // in every mbox the last line ends with LF
	}
	f.out = f.buf
}

// put adds a piece to the output, without what the form ignores.
func (f *formReader) put(begins bool, text []byte, whole bool) {
	if begins && f.form.mbox {
		if rest := bytes.TrimLeft(text, ">"); bytes.HasPrefix(rest, []byte("From ")) {
			text = rest
		}
	}
	trimmed := bytes.TrimRight(text, "\r")
	crs := len(text) - len(trimmed)
	if len(trimmed) > 0 {
		f.release()
	}
	f.crs += crs
	if whole {
		f.crs = 0 // also for CR CR LF: a client that stores LF stores the same line for it as for CR LF
	}
	if begins && whole && len(trimmed) == 0 && f.form.mbox {
		f.blank++
		return
	}
	if len(trimmed) > 0 || whole {
		f.release()
	}
	f.buf = append(f.buf, trimmed...)
	if whole {
		f.buf = append(f.buf, '\n')
	}
}

// release adds to the output what was held back.
func (f *formReader) release() {
	for ; f.blank > 0; f.blank-- {
		f.buf = append(f.buf, '\n')
	}
	for ; f.crs > 0; f.crs-- {
		f.buf = append(f.buf, '\r')
	}
}

// dropped reports whether a piece belongs to a header field that clients add, in a form that
// ignores these.
func (f *formReader) dropped(begins bool, text []byte) bool {
	if !f.form.fields || !f.header {
		return false
	}
	if begins {
		switch {
		case len(bytes.TrimRight(text, "\r")) == 0:
			f.header, f.adding = false, false
		case text[0] != ' ' && text[0] != '\t':
			name, _, colon := strings.Cut(string(text[:min(len(text), 40)]), ":")
			f.adding = colon && slices.Contains(addedFields(), strings.ToLower(name)) || strings.HasPrefix(name, "From ") || strings.HasPrefix(name, ">From ")
		}
	}
	return f.adding
}

// addedFields returns the header fields that clients and their delivery programs add.
func addedFields() []string {
	return []string{
		"return-path", "delivered-to", "x-original-to", "envelope-to", "received", "status", "x-status", "x-uid", "x-uidl", "x-keywords",
		"content-length", "lines", "x-getmail-retrieved-from-mailbox", "x-mozilla-status", "x-mozilla-status2", "x-mozilla-keys", "x-account-key",
	}
}
