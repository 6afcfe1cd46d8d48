package mtm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"
	"golang.org/x/text/encoding/unicode"

	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/store"
)

// Limits on what is taken from an original.
const (
	maxOriginalHeader = 1 << 20 // octets
	maxOriginalParts  = 200     // to find one, what stands before it is read
)

// original is a message that another one is made from.
type original struct {
	store  *store.Store
	entry  store.Entry
	email  EmailEntry
	header *mail.Header
	cut    bool // the header is longer than what was read of it
}

func readOriginal(ctx context.Context, st *store.Store, id store.ID) (*original, error) {
	email, err := Email(ctx, st, id)
	if err != nil {
		return nil, err
	}
	o := &original{store: st, entry: email.Entry, email: email, header: &mail.Header{}}
	if o.entry.Body.Kind == store.BodyNone {
		return nil, fault(ErrNotFound, "not even the header of message %d is here", id)
	}
	body, err := st.Body(ctx, id)
	if err != nil {
		return nil, err
	}
	// What stands before a line that makes no sense is still good.
	limited := &io.LimitedReader{R: body, N: maxOriginalHeader}
	in := bufio.NewReader(limited)
	h, _ := textproto.ReadHeader(in)
	o.header.Header = gomessage.Header{Header: h}
	o.cut = limited.N == 0 && in.Buffered() == 0
	return o, body.Close()
}

// countAddresses refuses to answer to more addresses than a message may go to, before they are
// read, and to answer to some of those in a header that is too long to be read whole.
func (o *original) countAddresses(fields ...string) error {
	switch n := compose.CountAddresses(o.header, fields...); {
	case n > store.MaxRecipients:
		return fault(ErrArgument, "message %d names %d addresses, %d are the most: name the recipients of a new message", o.entry.ID, n, store.MaxRecipients)
	case o.cut:
		return fault(ErrArgument, "the header of message %d is longer than 1 MiB, so not all its addresses can be read: name the recipients of a new message", o.entry.ID)
	}
	return nil
}

// takenApart refuses to send on what the message holds beyond the limits on parts.
func (o *original) takenApart() error {
	if o.email.Limits != 0 {
		return fault(ErrArgument, "message %d cannot be taken apart whole (%v): forward it as an attachment instead", o.entry.ID, o.email.Limits)
	}
	return nil
}

// subject is the original's, as its entry has it: decoded.
func (o *original) subject() string { return o.entry.Description }

// block is what stands before the original's text (behaviour section 12). To and Cc
// are named up to limit characters each.
func (o *original) block(title string, limit int) string {
	const longest = 1000
	var b strings.Builder
	line := func(name, text string) {
		if text = compose.CleanText(text, longest); text != "" {
			b.WriteString(name + ": " + text + "\n")
		}
	}
	b.WriteString("----- " + title + " -----\n")
	line("Subject", o.subject())
	line("Author", o.text("From"))
	if limit > 0 {
		line("To", firstCharacters(o.text("To"), limit))
		line("CC", firstCharacters(o.text("Cc"), limit))
	}
	date, err := o.header.Date()
	if err != nil || date.IsZero() {
		date = o.entry.Date
	}
	if !date.IsZero() {
		line("Date", date.Local().Format(time.RFC1123Z))
	}
	return b.String() + "\n"
}

// text is a field of the original, decoded as far as it can be.
func (o *original) text(field string) string {
	text, err := o.header.Text(field)
	if err != nil {
		text = o.header.Get(field)
	}
	return text
}

func firstCharacters(text string, limit int) string {
	if letters := []rune(text); len(letters) > limit {
		return string(letters[:limit]) + "..."
	}
	return text
}

// readable picks the text and the page of the original, nil for none.
func (o *original) readable() (text, page *store.Part) {
	pick := func(mediaType string) *store.Part {
		i := slices.IndexFunc(o.email.Parts, func(p store.Part) bool {
			return p.MediaType == mediaType && !attached(p) && decodable(p.Charset)
		})
		if i < 0 {
			return nil
		}
		return &o.email.Parts[i]
	}
	return pick("text/plain"), pick("text/html")
}

func decodable(name string) bool {
	if name == "" {
		return true
	}
	_, err := charset.Reader(name, strings.NewReader(""))
	return err == nil
}

// needBody refuses to send on less of a message than it says.
func (o *original) needBody() error {
	if kind := o.entry.Body.Kind; kind != store.BodyWhole && kind != store.BodyPartial {
		return fault(ErrNotFound, "only the header of message %d is here: get it first", o.entry.ID)
	}
	return nil
}

// needWhole refuses to embed a part of a message.
func (o *original) needWhole() error {
	if o.entry.Body.Kind != store.BodyWhole {
		return fault(ErrNotFound, "message %d is not whole here: get it first", o.entry.ID)
	}
	return nil
}

// open is the content of a part, decoded; a text as UTF-8.
func (o *original) open(ctx context.Context, p store.Part, asText bool) compose.Content {
	return func() (io.ReadCloser, error) {
		r, err := o.store.OpenPart(ctx, o.entry.ID, p.Path)
		if err != nil {
			return nil, err
		}
		named := &naming{ReadCloser: r, id: o.entry.ID, path: p.Path}
		if !asText {
			return named, nil
		}
		var decoded io.Reader = named
		if p.Charset != "" {
			if decoded, err = charset.Reader(p.Charset, named); err != nil {
				return nil, errors.Join(err, r.Close())
			}
		}
		// Octets that are no UTF-8 become replacement characters.
		return withClose{unicode.UTF8.NewDecoder().Reader(decoded), r}, nil
	}
}

type withClose struct {
	io.Reader
	io.Closer
}

// naming says which part could not be read.
type naming struct {
	io.ReadCloser
	id   store.ID
	path string
}

func (n *naming) Read(p []byte) (int, error) {
	k, err := n.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("part %s of message %d cannot be read, forward it as an attachment instead: %w", n.path, n.id, err)
	}
	return k, err
}

// whole is the original itself, every octet.
func (o *original) whole(ctx context.Context) compose.Content {
	return func() (io.ReadCloser, error) { return o.store.Body(ctx, o.entry.ID) }
}

// attachments are the parts of the original but those in without, and a page that
// stands for one of them.
func (o *original) attachments(ctx context.Context, without ...*store.Part) ([]compose.Attachment, error) {
	var list []compose.Attachment
	for i := range o.email.Parts {
		p := o.email.Parts[i]
		if slices.ContainsFunc(without, func(w *store.Part) bool { return w != nil && w.Path == p.Path }) {
			continue
		}
		list = append(list, o.attachment(ctx, p))
	}
	if len(list) > maxOriginalParts {
		return nil, fault(ErrArgument, "message %d has %d attachments, %d are the most: forward it as an attachment instead", o.entry.ID, len(list), maxOriginalParts)
	}
	return list, nil
}

func (o *original) attachment(ctx context.Context, p store.Part) compose.Attachment {
	return compose.Attachment{
		Name: compose.CleanFileName(p.Filename), Type: p.MediaType, Charset: p.Charset,
		Content: o.open(ctx, p, false), Message: p.MediaType == "message/rfc822",
	}
}

// asPage writes a text as the start of a page.
func asPage(text string) string {
	text = html.EscapeString(strings.TrimRight(text, "\n"))
	return "<div style=\"white-space: pre-wrap\">" + text + "</div>\n<hr>\n"
}

// takeBody puts the original's text below ours, and its page beside it when the
// message is to have one (behaviour section 12).
func (c *creation) takeBody(ctx context.Context, title string) error {
	own := c.ownText()
	text, page := c.source.readable()
	if c.options.Parts&PartBody == 0 {
		if own != "" {
			c.letter.Text = compose.String(own)
		}
		return c.takeAttachments(ctx, text, page)
	}
	if err := c.source.needBody(); err != nil {
		return err
	}
	if own != "" {
		own += "\n"
	}
	own += c.source.block(title, c.smtp().ToCcIncludeLimit)
	all := []compose.Content{compose.String(own)}
	if text != nil {
		all = append(all, c.source.open(ctx, *text, true))
	}
	if notice := c.source.email.PartialNotice(); notice != "" {
		all = append(all, compose.String("\n"+notice+"\n"))
	}
	c.letter.Text = compose.Join(all...)
	switch {
	case page == nil:
	case text == nil:
		// A page without a text becomes an attachment.
		a := c.source.attachment(ctx, *page)
		if a.Name == "" {
			a.Name = "message.html"
		}
		c.letter.Attachments = append(c.letter.Attachments, a)
	case c.options.Types&TypeMHTML != 0:
		c.letter.HTML = compose.Join(compose.String(asPage(own)), c.source.open(ctx, *page, true))
	}
	return c.takeAttachments(ctx, text, page)
}

// takeAttachments adds those of the original when they are asked for.
func (c *creation) takeAttachments(ctx context.Context, text, page *store.Part) error {
	if c.options.Parts&PartAttachments == 0 {
		return nil
	}
	if err := c.source.takenApart(); err != nil {
		return err
	}
	list, err := c.source.attachments(ctx, text, page)
	c.letter.Attachments = append(c.letter.Attachments, list...)
	return err
}
