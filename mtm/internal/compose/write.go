package compose

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/quotedprintable"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"
)

// part is a node of the message: a multipart, or content.
type part struct {
	header   textproto.Header
	inner    []*part // of a multipart
	boundary string
	encoding string // of content: see the constants
	content  Content
}

const (
	quotedPrintable = "quoted-printable"
	inBase64        = "base64"
	sevenBit        = "7bit"
	eightBit        = "8bit"
)

// Write writes the message: lines end with CRLF, and contents are streamed. ErrRefused is wrapped
// by the error of a letter that is not valid, or that would be longer than limit octets; the other
// errors are those of the contents and of w.
func (l *Letter) Write(w io.Writer, limit int64) error {
	if err := l.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	root, err := l.root()
	if err != nil {
		return err
	}
	h := mail.Header{Header: message.Header{Header: root.header}}
	l.fields(&h)
	out := bufio.NewWriterSize(&bounded{w: w, limit: limit, left: limit}, 32<<10)
	if err := textproto.WriteHeader(out, h.Header.Header); err != nil {
		return err
	}
	if err := root.write(out); err != nil {
		return err
	}
	return out.Flush()
}

// fields adds the fields of RFC 5322 section 3.6. The library writes the last field first.
func (l *Letter) fields(h *mail.Header) {
	h.Set("MIME-Version", "1.0")
	if l.ReceiptTo != nil {
		h.SetAddressList("Disposition-Notification-To", []*mail.Address{l.ReceiptTo})
	}
	h.SetMsgIDList("References", lastReferences(l.References))
	if l.InReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{l.InReplyTo})
	}
	h.Set("Message-ID", "<"+l.MessageID+">")
	h.SetDate(l.Date)
	if l.Subject != "" {
		h.Set("Subject", encodeText(l.Subject))
	}
	h.SetAddressList("Cc", l.Cc)
	h.SetAddressList("To", l.To)
	if l.ReplyTo != nil {
		h.SetAddressList("Reply-To", []*mail.Address{l.ReplyTo})
	}
	h.SetAddressList("From", []*mail.Address{l.From})
}

// root returns the tree of parts (behaviour section 12): multipart/mixed around text and
// attachments, multipart/alternative around a text and its HTML.
func (l *Letter) root() (*part, error) {
	text, rest := l.Text, l.Attachments
	if l.Report != nil {
		return l.Report.root(textPart("plain", text)), nil
	}
	if text == nil && l.HTML != nil {
		rest = append([]Attachment{{Name: "message.html", Type: "text/html", Charset: "utf-8", Content: l.HTML}}, rest...)
	}
	if text == nil {
		text = String("")
	}
	body := textPart("plain", text)
	if l.Text != nil && l.HTML != nil {
		body = multipart("alternative", nil, body, textPart("html", l.HTML))
	}
	if len(rest) == 0 {
		return body, nil
	}
	inner := []*part{body}
	for _, a := range rest {
		p, err := a.part()
		if err != nil {
			return nil, err
		}
		inner = append(inner, p)
	}
	return multipart("mixed", nil, inner...), nil
}

func multipart(subtype string, params map[string]string, inner ...*part) *part {
	p := &part{inner: inner, boundary: textproto.NewMultipartWriter(nil).Boundary()}
	all := map[string]string{"boundary": p.boundary}
	maps.Copy(all, params)
	if p.eight() { // RFC 2045 section 6.4: the encoding of a multipart is that of its parts
		p.header.Add("Content-Transfer-Encoding", eightBit)
	}
	p.header.Add("Content-Type", mime.FormatMediaType("multipart/"+subtype, all))
	return p
}

// eight reports whether the part has octets above 127 without an encoding.
func (p *part) eight() bool {
	for _, inner := range p.inner {
		if inner.eight() {
			return true
		}
	}
	return p.encoding == eightBit
}

// textPart returns a part in UTF-8 and quoted-printable: lines of any length, trailing spaces, dots
// and "From " arrive unchanged.
func textPart(subtype string, content Content) *part {
	p := &part{encoding: quotedPrintable, content: content}
	p.header.Add("Content-Transfer-Encoding", quotedPrintable)
	p.header.Add("Content-Type", "text/"+subtype+"; charset=utf-8")
	return p
}

func (a *Attachment) part() (*part, error) {
	if a.Message {
		return a.embedded()
	}
	return a.file(), nil
}

func (a *Attachment) file() *part {
	p := &part{encoding: inBase64, content: a.Content}
	p.header.Add("Content-Transfer-Encoding", inBase64)
	p.header.Add("Content-Disposition", a.disposition())
	params := map[string]string{}
	if a.Charset != "" {
		params["charset"] = a.Charset
	}
	contentType := mime.FormatMediaType(cleanType(a.Type), params)
	if contentType == "" { // the charset is not valid in a header
		contentType = cleanType(a.Type)
	}
	p.header.Add("Content-Type", contentType)
	return p
}

// disposition returns the field with the name of the file, in the form of RFC 2231 when the name is
// not ASCII.
func (a *Attachment) disposition() string {
	params := map[string]string{}
	if a.Name != "" {
		params["filename"] = a.Name
	}
	return mime.FormatMediaType("attachment", params)
}

func (p *part) write(w io.Writer) error {
	if len(p.inner) == 0 {
		return p.writeContent(w)
	}
	m := textproto.NewMultipartWriter(w)
	if err := m.SetBoundary(p.boundary); err != nil {
		return err
	}
	for _, inner := range p.inner {
		below, err := m.CreatePart(inner.header)
		if err == nil {
			err = inner.write(below)
		}
		if err != nil {
			return err
		}
	}
	return m.Close()
}

func (p *part) writeContent(w io.Writer) error {
	r, err := p.content()
	if err != nil {
		return err
	}
	var out io.WriteCloser
	switch p.encoding {
	case quotedPrintable:
		out = quotedprintable.NewWriter(w) // makes every line end CRLF
	case inBase64:
		out = base64.NewEncoder(base64.StdEncoding, &lineBreaker{w: w})
	default:
		out = asItIs{w}
	}
	_, err = io.Copy(out, r)
	return errors.Join(err, out.Close(), r.Close())
}

// bounded passes on at most the allowed number of octets.
type bounded struct {
	w           io.Writer
	limit, left int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, fmt.Errorf("%w: the message would be larger than %d octets", ErrRefused, b.limit)
	}
	b.left -= int64(len(p))
	return b.w.Write(p)
}

type asItIs struct{ io.Writer }

func (asItIs) Close() error { return nil }

// lineBreaker breaks base64 into lines (RFC 2045 section 6.8).
type lineBreaker struct {
	w      io.Writer
	column int
}

func (b *lineBreaker) Write(p []byte) (n int, err error) {
	const width = 76
	for n < len(p) {
		if b.column == width {
			if _, err = io.WriteString(b.w, "\r\n"); err != nil {
				return n, err
			}
			b.column = 0
		}
		m, err := b.w.Write(p[n:min(len(p), n+width-b.column)])
		n += m
		b.column += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
