package mail

import (
	"io"
	"strings"
)

// The limits of a Scanner.
const (
	maxDepth     = 50
	maxParts     = 10_000
	maxBoundary  = 1_000 // octets of a line that separates parts
	maxAttribute = 1_000 // octets of a part's type, charset, file name
)

// Message is a parsed message.
type Message struct {
	Header Header
	Root   *Part // a part with content, or a multipart with its parts
	// Notices says in words what was left out because of a limit.
	Notices []string
}

// Part is a node of a message: a multipart, an embedded message, or content.
type Part struct {
	Path        string // "1.2": the second part of the first; "" for a multipart
	MediaType   string // "text/plain", lower case
	Charset     string // as the message names it, lower case; "" when it does not
	Filename    string // as the message gives it: check it before you use it as a path
	Disposition string // "inline", "attachment", another word or ""
	ContentID   string
	Flowed      bool  // format=flowed (RFC 3676)
	DelSp       bool  // delsp=yes
	Size        int64 // octets after transfer decoding
	Header      Header
	Children    []*Part // parts of a multipart or of an embedded message, or files inside a text
	Embedded    bool    // the part belongs to an embedded message

	start, end int64    // in the message, or in the decoded octets of base
	base       *Part    // nil for the message
	encoding   Encoding // transfer encoding of the octets from start to end
	typed      bool     // it has a Content-Type
	related    bool     // it is in a multipart/related
}

// IsMultipart reports whether the part has parts instead of content.
func (p *Part) IsMultipart() bool { return p.Path == "" }

// IsMessage reports whether the part is an embedded message.
func (p *Part) IsMessage() bool { return isMessage(p.MediaType) }

func isMessage(mediaType string) bool {
	return mediaType == "message/rfc822" || mediaType == "message/global" || mediaType == "message/news"
}

// Attached reports whether the part is an attachment: a file, unless it is an image of a page (in a
// multipart/related) or a text with the disposition inline.
func (p *Part) Attached() bool {
	image := strings.HasPrefix(p.MediaType, "image/")
	text := strings.HasPrefix(p.MediaType, "text/") || p.IsMessage() ||
		p.MediaType == "message/delivery-status" || p.MediaType == "message/disposition-notification"
	switch {
	case p.Disposition == "attachment":
		return true
	case image:
		return p.Filename != "" && !p.related
	case p.Filename != "":
		return p.Disposition != "inline" || !text
	case p.Disposition != "":
		return false
	}
	return !text
}

// Leaves returns the parts of the message that have content, in order. Files inside a text come
// after the text, and the parts of an embedded message after that message.
func (m *Message) Leaves() []*Part {
	var list []*Part
	m.Root.walk(func(p *Part) { list = append(list, p) })
	return list
}

func (p *Part) walk(f func(*Part)) {
	if !p.IsMultipart() {
		f(p)
	}
	for _, c := range p.Children {
		c.walk(f)
	}
}

// Find returns the part with a path, or nil.
func (m *Message) Find(path string) *Part {
	var found *Part
	m.Root.walk(func(p *Part) {
		if p.Path == path {
			found = p
		}
	})
	return found
}

// Open returns a reader of the decoded content of a part. body holds the message's octets, and must
// stay open until the content is read.
func (p *Part) Open(body io.ReadSeeker) (io.Reader, error) {
	var r io.Reader = body
	if p.base != nil {
		below, err := p.base.Open(body)
		if err != nil {
			return nil, err
		}
		if _, err := io.CopyN(io.Discard, below, p.start); err != nil {
			return nil, err
		}
		r = below
	} else if _, err := body.Seek(p.start, io.SeekStart); err != nil {
		return nil, err
	}
	return newDecodingReader(io.LimitReader(r, p.end-p.start), p.encoding), nil
}

// Location says where the encoded octets of a part are in its message, so that a cache can open the
// part without parsing the message again.
type Location struct {
	Start, End int64
	Encoding   Encoding
}

// Location returns where the part is. ok is false for a part inside other encoded octets.
func (p *Part) Location() (l Location, ok bool) {
	return Location{p.start, p.end, p.encoding}, p.base == nil
}

// Open returns a reader of the decoded content at the location in the message body.
func (l Location) Open(body io.ReadSeeker) (io.Reader, error) {
	return (&Part{start: l.Start, end: l.End, encoding: l.Encoding}).Open(body)
}

// cut limits a text from a header.
func cut(text string) string {
	if len(text) > maxAttribute {
		text = text[:maxAttribute]
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
