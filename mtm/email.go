package mtm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// EmailEntry is a message's entry with what only its body tells: the original's
// e-mail entry (behaviour section 11). The entry's own fields and flags are those
// that the store keeps.
type EmailEntry struct {
	store.Entry
	Header mail.Header // as far as it is here
	// Message is the body taken apart, nil when only the header is here.
	Message *mail.Message
	// Parts are the message's parts with content, as far as they are here: of a
	// message that is complete in part, a file that was cut off is left out
	// (behaviour section 5).
	Parts []*mail.Part
	cut   int64 // octets of that file

	store   *store.Store
	options mail.Options
}

// Email reads a message's entry and looks at its body. What the body tells is in the
// flags that it returns: Attachment, and of Email VCard, VCalendar, ICalendar, MHTML,
// Signed and Encrypted. ErrNotFound when there is no such message.
func Email(ctx context.Context, st *store.Store, id store.ID) (EmailEntry, error) {
	entry, err := message(ctx, st, "read entry", id)
	if err != nil {
		return EmailEntry{}, err
	}
	fallback, err := fallbackOf(ctx, st, entry.Service)
	if err != nil {
		return EmailEntry{}, err
	}
	e := EmailEntry{Entry: entry, store: st, options: mail.Options{Fallback: fallback}}
	return e, e.read(ctx)
}

// read takes apart what is here of the message.
func (e *EmailEntry) read(ctx context.Context) error {
	if e.Body.Kind == store.BodyNone {
		return nil
	}
	body, err := e.open(ctx)
	if err != nil {
		return err
	}
	if e.Body.Kind == store.BodyHeader {
		e.Header, err = mail.ReadHeader(body, e.options.Fallback)
		return errors.Join(err, body.Close())
	}
	e.Message, err = mail.Read(body, e.options)
	if err = errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("entry %d: %w", e.ID, err)
	}
	e.Header, e.Parts = e.Message.Header, e.Message.Leaves()
	if last := len(e.Parts) - 1; e.Body.Kind == store.BodyPartial && last > 0 && e.Parts[last].Attached() {
		e.cut = e.Parts[last].Size
		e.Parts = e.Parts[:last]
	}
	servermtm.CarriesOf(mail.TraitsOf(e.Parts)).Mark(&e.Entry)
	return nil
}

// body is the octets of a message while somebody waits for them.
type body struct {
	*store.BodyReader
	alive func() error
}

// Read implements io.Reader; it ends when nobody waits any more.
func (b body) Read(p []byte) (int, error) {
	if err := b.alive(); err != nil {
		return 0, err
	}
	return b.BodyReader.Read(p)
}

func (e *EmailEntry) open(ctx context.Context) (body, error) {
	r, err := e.store.Body(ctx, e.ID)
	return body{r, ctx.Err}, err
}

// Part finds a part by its path; ErrNotFound when no part has it.
func (e *EmailEntry) Part(path string) (*mail.Part, error) {
	for _, p := range e.Parts {
		if p.Path == path {
			return p, nil
		}
	}
	return nil, fault(ErrNotFound, "message %d has no part %q", e.ID, path)
}

// OpenPart opens the content of a part with its transfer encoding undone. The caller
// must Close it.
func (e *EmailEntry) OpenPart(ctx context.Context, p *mail.Part) (io.ReadCloser, error) {
	return e.opened(ctx, func(b io.ReadSeeker) (io.Reader, error) { return p.Open(b) })
}

// OpenText opens a text part in UTF-8, as it is otherwise. The caller must Close it.
func (e *EmailEntry) OpenText(ctx context.Context, p *mail.Part) (io.ReadCloser, error) {
	return e.opened(ctx, func(b io.ReadSeeker) (io.Reader, error) { return p.OpenText(b, e.options) })
}

// OpenView opens a text part as people read it: see mail.Part.OpenView. The caller
// must Close it.
func (e *EmailEntry) OpenView(ctx context.Context, p *mail.Part) (io.ReadCloser, error) {
	return e.opened(ctx, func(b io.ReadSeeker) (io.Reader, error) { return p.OpenView(b, e.options) })
}

func (e *EmailEntry) opened(ctx context.Context, open func(io.ReadSeeker) (io.Reader, error)) (io.ReadCloser, error) {
	b, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	r, err := open(b)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return withClose{r, b}, nil
}

type withClose struct {
	io.Reader
	io.Closer
}

// Texts returns what there is to read in the message: see mail.Message.Texts. A file
// that was cut off is left out.
func (e *EmailEntry) Texts(ctx context.Context) ([]mail.Text, error) {
	if e.Message == nil {
		return nil, nil
	}
	b, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	list, err := e.Message.Texts(func(p *mail.Part) (io.Reader, error) { return p.OpenView(b, e.options) })
	if err = errors.Join(err, b.Close()); err != nil || e.cut == 0 {
		return list, err
	}
	here := list[:0]
	for _, t := range list {
		if _, err := e.Part(t.Part.Path); err == nil {
			here = append(here, t)
		}
	}
	return here, nil
}

// Limits says what of the message is not in Parts because of its form, "" for nothing.
func (e *EmailEntry) Limits() string {
	if e.Message == nil {
		return ""
	}
	return strings.Join(e.Message.Notices, ", ")
}

// message reads the entry of a message, else ErrNotFound.
func message(ctx context.Context, st *store.Store, command string, id store.ID) (store.Entry, error) {
	entry, err := st.Entry(ctx, id)
	if err == nil && entry.Type != store.TypeMessage {
		err = fmt.Errorf("entry %d is a %v, not a message: %w", id, entry.Type, store.ErrNotFound)
	}
	if errors.Is(err, store.ErrNotFound) {
		err = &Error{Command: command, Code: ErrNotFound, Err: err}
	}
	return entry, err
}

// Left is how many octets of a message are still on the server: what LIST told less
// what is here, plus a file that was cut off (behaviour section 5). It is 0 for
// messages that are not complete in part.
func (e *EmailEntry) Left() int64 {
	if !e.Entry.Email.Has(store.PartialDownload) {
		return 0
	}
	return max(0, e.Size-e.Body.Length+e.cut)
}

// PartialNotice is the line to show below the text of a message that is complete in
// part: how many KB are still on the server, at least 1. It is "" when nothing is
// left, or when there is no plain text to show it below. The stored octets are never
// changed (behaviour section 0).
func (e *EmailEntry) PartialNotice() string {
	left := e.Left()
	if left == 0 || !e.hasText() {
		return ""
	}
	return fmt.Sprintf("[%d KB of this message are still on the server]", max(1, left/1024))
}

func (e *EmailEntry) hasText() bool {
	for _, part := range e.Parts {
		if part.MediaType == "text/plain" && !part.Attached() {
			return true
		}
	}
	return false
}
