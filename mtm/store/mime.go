package store

import (
	"bufio"
	"context"
	"errors"
	"io"
	"mime"
	"strconv"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// The bounds of what is taken apart.
const (
	maxDepth      = 50
	maxParts      = 10_000
	maxHeaderSize = 1 << 20 // of a header, with what stands before it
	maxBadLines   = 1_000   // lines that are none, in headers and between parts
)

// mimeWalk takes a message apart, reading it once from start to end.
type mimeWalk struct {
	src   *allowance
	list  []Part
	bad   int       // lines in multiparts that should not be there
	want  string    // stop at this path, "" to see all
	found io.Reader // the decoded content of want
}

// walkMIME takes the message in r apart. With want it stops before the
// content of that part and leaves it in found.
func walkMIME(ctx context.Context, r io.Reader, want string) *mimeWalk {
	w := &mimeWalk{src: &allowance{alive: ctx.Err, r: r}, want: want}
	in := bufio.NewReaderSize(w.src, 64<<10)
	w.entity(w.header(in), in, place{})
	return w
}

// failure is what went wrong outside the message: reading it, or ctx.
func (w *mimeWalk) failure() error {
	if err := w.src.err; err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errAllowance) {
		return err
	}
	return nil
}

// done reports whether there is nothing more to look for. At the end of the
// file the parsers may still hold what they read ahead.
func (w *mimeWalk) done() bool {
	return w.found != nil || len(w.list) >= maxParts || w.src.err != nil && !errors.Is(w.src.err, io.EOF)
}

// header reads the message's header and passes over lines that are none.
func (w *mimeWalk) header(in *bufio.Reader) message.Header {
	var all textproto.Header
	w.src.allow(maxHeaderSize)
	defer w.src.lift()
	for range maxBadLines {
		h, err := textproto.ReadHeader(in)
		for f := h.Fields(); f.Next(); {
			if !all.Has(f.Key()) {
				all.Add(f.Key(), f.Value())
			}
		}
		if err == nil || w.done() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
	}
	return message.Header{Header: all}
}

// place says where in a message a part stands.
type place struct {
	path   string // "" for the message itself
	depth  int
	digest bool // directly inside a multipart/digest
}

// entity lists the parts of a message or part with the given header.
func (w *mimeWalk) entity(h message.Header, body io.Reader, at place) {
	media, params, err := h.ContentType()
	switch {
	case err != nil: // RFC 2045 section 5.2: what cannot be read is plain text.
		media, params = mediaOf(media), nil
	case at.digest && !h.Has("Content-Type"): // RFC 2046 section 5.1.5: the default of a digest.
		media = "message/rfc822"
	}
	media = strings.ToLower(media)
	before := len(w.list)
	if strings.HasPrefix(media, "multipart/") && params["boundary"] != "" && at.depth < maxDepth {
		below := place{path: at.path, depth: at.depth + 1, digest: media == "multipart/digest"}
		w.multipart(textproto.NewMultipartReader(body, params["boundary"]), below)
		if len(w.list) > before || w.found != nil {
			return
		}
		body = strings.NewReader("") // it was read to its end without finding a part
	}
	if at.path == "" {
		at.path = "1"
	}
	if len(w.list) < maxParts {
		w.leaf(h, media, params, body, at.path)
	}
}

// multipart lists the parts that r gives; at is their place but for the number.
func (w *mimeWalk) multipart(r *textproto.MultipartReader, at place) {
	for number := 1; !w.done() && w.bad < maxBadLines; {
		w.src.allow(maxHeaderSize)
		p, err := r.NextPart()
		w.src.lift()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			// A line that should not be there, or a header that is none: go on
			// behind it. The library tells the end of the input by text alone.
			if strings.HasSuffix(err.Error(), "EOF") {
				return
			}
			w.bad++
			continue
		}
		child := at
		child.path = strconv.Itoa(number)
		if at.path != "" {
			child.path = at.path + "." + child.path
		}
		w.entity(message.Header{Header: p.Header}, p, child)
		if w.found != nil {
			return
		}
		number++
		_, _ = io.Copy(io.Discard, p) // an error stays in src
	}
}

// leaf lists a part with content.
func (w *mimeWalk) leaf(h message.Header, media string, params map[string]string, body io.Reader, path string) {
	// Without its type go-message decodes the transfer encoding only.
	var plain message.Header
	plain.Set("Content-Transfer-Encoding", strings.TrimSpace(h.Get("Content-Transfer-Encoding")))
	e, err := message.New(plain, body)
	content := body
	if err == nil {
		content = e.Body
	}
	if w.want != "" {
		if path == w.want {
			w.found = content
		}
		w.list = append(w.list, Part{})
		return
	}
	p := Part{Path: path, MediaType: cut(media), Charset: cut(strings.ToLower(params["charset"]))}
	disposition, more, err := h.ContentDisposition()
	if err != nil {
		disposition, _, _ = strings.Cut(disposition, ";")
		more = nil
	}
	p.Disposition = cut(strings.ToLower(strings.TrimSpace(disposition)))
	p.Filename = cut(more["filename"])
	if p.Filename == "" {
		p.Filename = cut(params["name"])
	}
	p.Size, _ = io.Copy(io.Discard, content) // broken encoding: what came before it
	w.list = append(w.list, p)
}

// mediaOf takes the type from a value whose parameters cannot be read.
func mediaOf(value string) string {
	value, _, _ = strings.Cut(value, ";")
	value = strings.ToLower(strings.TrimSpace(value))
	if _, _, err := mime.ParseMediaType(value); err != nil {
		return "text/plain"
	}
	return value
}

var errAllowance = errors.New("header too long")

// allowance reads r, and no more than it is allowed while a header is read:
// the parser keeps a header in memory whole.
type allowance struct {
	alive   func() error // the caller's context
	r       io.Reader
	left    int
	limited bool
	err     error
}

func (a *allowance) allow(n int) { a.left, a.limited = n, true }
func (a *allowance) lift()       { a.limited = false }

// Read implements io.Reader; an error is final.
func (a *allowance) Read(p []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	if a.err = a.alive(); a.err != nil {
		return 0, a.err
	}
	if a.limited {
		if a.left <= 0 {
			a.err = errAllowance
			return 0, a.err
		}
		p = p[:min(len(p), a.left)]
	}
	n, err := a.r.Read(p)
	a.left -= n
	a.err = err
	return n, err
}
