package mtm

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"pop3mtm/mtm/email"
	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// original is the message that is answered or forwarded.
type original struct {
	store *store.Store
	entry store.Entry
	email email.Entry
}

func readOriginal(ctx context.Context, st *store.Store, id store.ID) (*original, error) {
	message, err := email.Read(ctx, st, id)
	if err != nil {
		return nil, err
	}
	if message.Body.Kind == store.BodyNone {
		return nil, fault(ErrNotFound, "the header of message %d is not stored", id)
	}
	return &original{store: st, entry: message.Entry, email: message}, nil
}

func (o *original) header() mail.Header { return o.email.Header }

// countAddresses returns an error when a reply would have more addresses than a message may
// have, before they are parsed, or when the header is too long to be read whole, so that
// addresses may be missing.
func (o *original) countAddresses(fields ...string) error {
	switch n := compose.CountAddresses(o.header(), fields...); {
	case n > store.MaxRecipients:
		return fault(ErrArgument, "message %d has %d addresses, at most %d are allowed: write a new message and name the recipients", o.entry.ID, n, store.MaxRecipients)
	case o.header().Cut():
		return fault(ErrArgument, "the header of message %d is longer than 1 MiB, so that addresses may be missing: write a new message and name the recipients", o.entry.ID)
	}
	return nil
}

// takenApart returns an error when the message has more parts than the limits allow.
func (o *original) takenApart() error {
	if limits := o.email.Limits(); limits != "" {
		return fault(ErrArgument, "message %d has too many parts (%v): forward it as an attachment", o.entry.ID, limits)
	}
	return nil
}

// subject returns the subject of the original, decoded, as its entry has it.
func (o *original) subject() string { return o.entry.Description }

// block returns the lines above the text of the original (behaviour section 12). To and Cc are cut
// to limit characters each.
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
	line("Author", o.header().Text("From"))
	if limit > 0 {
		line("To", firstCharacters(o.header().Text("To"), limit))
		line("CC", firstCharacters(o.header().Text("Cc"), limit))
	}
	date, ok := o.header().Date()
	if !ok {
		date = o.entry.Date
	}
	if !date.IsZero() {
		line("Date", date.Local().Format(time.RFC1123Z))
	}
	return b.String() + "\n"
}

func firstCharacters(text string, limit int) string {
	if letters := []rune(text); len(letters) > limit {
		return string(letters[:limit]) + "..."
	}
	return text
}

// needBody returns an error when only the header of the message is stored.
func (o *original) needBody() error {
	if kind := o.entry.Body.Kind; kind != store.BodyWhole && kind != store.BodyPartial {
		return fault(ErrNotFound, "only the header of message %d is here: get it first", o.entry.ID)
	}
	return nil
}

// needWhole returns an error when the message is not stored whole.
func (o *original) needWhole() error {
	if o.entry.Body.Kind != store.BodyWhole {
		return fault(ErrNotFound, "message %d is not whole here: get it first", o.entry.ID)
	}
	return nil
}

// opening is one of the ways to open a part.
type opening func(context.Context, *mail.Part) (io.ReadCloser, error)

// content returns the content of a part, opened in one of the ways.
func (o *original) content(ctx context.Context, p *mail.Part, open opening) compose.Content {
	return func() (io.ReadCloser, error) {
		r, err := open(ctx, p)
		if err != nil {
			return nil, err
		}
		return &naming{ReadCloser: r, id: o.entry.ID, path: p.Path}, nil
	}
}

// naming is a reader that adds to an error which part could not be read.
type naming struct {
	io.ReadCloser
	id   store.ID
	path string
}

func (n *naming) Read(p []byte) (int, error) {
	k, err := n.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("part %s of message %d cannot be read: %w", n.path, n.id, err)
	}
	return k, err
}

// whole returns every octet of the original.
func (o *original) whole(ctx context.Context) compose.Content {
	return func() (io.ReadCloser, error) { return o.store.Body(ctx, o.entry.ID) }
}

// attachments returns the parts of the original except those in without, and except parts of
// embedded messages, which are attached as a whole.
func (o *original) attachments(ctx context.Context, without []*mail.Part) ([]compose.Attachment, error) {
	var list []compose.Attachment
	for _, p := range o.email.Parts {
		if !p.Embedded && !slices.Contains(without, p) {
			list = append(list, o.attachment(ctx, p))
		}
	}
	if len(list) > compose.MaxAttachments {
		return nil, fault(ErrArgument, "message %d has %d attachments, at most %d are allowed: forward it as an attachment", o.entry.ID, len(list), compose.MaxAttachments)
	}
	return list, nil
}

func (o *original) attachment(ctx context.Context, p *mail.Part) compose.Attachment {
	a := compose.Attachment{
		Name: compose.CleanFileName(p.Filename), Type: p.MediaType, Charset: p.Charset,
		Content: o.content(ctx, p, o.email.OpenPart), Message: p.IsMessage(),
	}
	if a.Name == "" && p.MediaType == "text/html" {
		a.Name = "message.html"
	}
	return a
}
