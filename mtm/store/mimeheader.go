package store

import (
	"bytes"
	"io"
	"mime"
	"strings"

	"github.com/emersion/go-message"
)

// content holds what a header says of the content behind it.
type content struct {
	media, boundary       string
	charset, name         string
	disposition, filename string
	encoding              string
}

// The fields that describe content, in lower case.
const (
	typeField        = "content-type"
	encodingField    = "content-transfer-encoding"
	dispositionField = "content-disposition"
)

// fields collects the fields of one header that describe content. The first one of a name
// counts. Lines that are not fields are passed over.
type fields struct {
	values map[string]*bytes.Buffer
	now    *bytes.Buffer // the field that the next line may continue, nil for others
}

// add takes a line of the header, or a piece of one.
func (f *fields) add(piece []byte, first bool) {
	folded := len(piece) > 0 && (piece[0] == ' ' || piece[0] == '\t')
	if !first || folded {
		if f.now != nil {
			f.now.Write(bytes.TrimRight(piece, "\r\n"))
		}
		return
	}
	f.now = nil
	name, value, found := bytes.Cut(piece, []byte(":"))
	if !found || len(name) > len(encodingField)+10 {
		return
	}
	key := strings.ToLower(string(bytes.TrimSpace(name)))
	switch key {
	case typeField, encodingField, dispositionField:
		if f.values[key] == nil {
			f.now = &bytes.Buffer{}
			f.now.Write(bytes.TrimRight(value, "\r\n"))
			f.values[key] = f.now
		}
	}
}

// header reads the lines of a header up to an empty line, a delimiter or the end.
func (w *mimeWalk) header(inDigest bool) content {
	f := fields{values: make(map[string]*bytes.Buffer, 2)}
	for from := w.in.start; !w.in.ended(); w.in.next() {
		if w.in.blank() {
			w.in.next()
			break
		}
		if _, _, found := w.boundary(); found {
			break
		}
		if w.in.start-from > maxHeaderSize {
			w.limits |= HeaderTooLong
			continue
		}
		f.add(w.in.line, w.in.first)
	}
	var h message.Header
	for key, value := range f.values {
		h.Set(key, strings.TrimSpace(value.String()))
	}
	return contentOf(h, inDigest)
}

// contentOf reads the fields of h that describe content.
func contentOf(h message.Header, inDigest bool) content {
	media, params, err := h.ContentType()
	switch {
	case err != nil: // RFC 2045 section 5.2: what cannot be read is plain text.
		media, params = mediaOf(media), nil
	case inDigest && !h.Has("Content-Type"): // RFC 2046 section 5.1.5: the default of a digest.
		media = "message/rfc822"
	}
	disposition, more, err := h.ContentDisposition()
	if err != nil {
		disposition, _, _ = strings.Cut(disposition, ";")
		more = nil
	}
	return content{
		media: strings.ToLower(media), boundary: strings.TrimRight(params["boundary"], " \t\r\n"),
		charset: strings.ToLower(params["charset"]), name: params["name"],
		disposition: strings.ToLower(strings.TrimSpace(disposition)), filename: more["filename"],
		encoding: strings.TrimSpace(h.Get("Content-Transfer-Encoding")),
	}
}

// part returns the list's row for content at path, without its size.
func (c *content) part(path string) Part {
	p := Part{Path: path, MediaType: cut(c.media), Charset: cut(c.charset), Disposition: cut(c.disposition), Filename: cut(c.filename)}
	if p.Filename == "" {
		p.Filename = cut(c.name)
	}
	return p
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

// transferDecoded decodes r, whose transfer encoding is encoding. One that is not known leaves
// the octets as they are.
func transferDecoded(encoding string, r io.Reader) io.Reader {
	// Without its type go-message decodes the transfer encoding only.
	var plain message.Header
	plain.Set("Content-Transfer-Encoding", encoding)
	e, err := message.New(plain, r)
	if err != nil {
		return r
	}
	return e.Body
}
