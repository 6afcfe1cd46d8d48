// Package email reads the messages of a store: an entry with its header, its parts and its texts.
package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Entry is the entry of a message with what only its body tells: the original's e-mail entry
// (behaviour section 11).
type Entry struct {
	// Entry has the fields that the store keeps, with the flags that the body calls for:
	// Attachment, and of Email VCard, VCalendar, ICalendar, MHTML, Signed and Encrypted.
	store.Entry
	Header mail.Header // as far as it is here
	// Message is the body taken apart, nil when only the header is here.
	Message *mail.Message
	// Parts are the leaves of the message as far as they are here. A file that was cut off, at the
	// end of a message that is here in part, is left out (behaviour section 5).
	Parts []*mail.Part
	cut   int64 // octets of that file

	store   *store.Store
	options mail.Options
}

// Read reads the entry of a message and its body. The error wraps symbian.ErrNotFound when there is
// no such message.
func Read(ctx context.Context, st *store.Store, id store.ID) (Entry, error) {
	return NewReader(st).Read(ctx, id)
}

// Reader reads many messages of a store. Several goroutines may use one.
type Reader struct {
	store *store.Store

	mu        sync.Mutex
	fallbacks map[store.ID]string // charsets of accounts
}

// NewReader returns a Reader of the messages of a store.
func NewReader(st *store.Store) *Reader {
	return &Reader{store: st, fallbacks: map[store.ID]string{}}
}

// Read reads the entry of a message and its body.
func (r *Reader) Read(ctx context.Context, id store.ID) (Entry, error) {
	e, err := r.entry(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	return e, e.read(ctx)
}

// ReadHeader reads the entry of a message and its header: Message and Parts are nil, and the flags
// are those of the store.
func (r *Reader) ReadHeader(ctx context.Context, id store.ID) (Entry, error) {
	e, err := r.entry(ctx, id)
	if err != nil || e.Body.Kind == store.BodyNone {
		return e, err
	}
	return e, e.readHeader(ctx)
}

func (r *Reader) entry(ctx context.Context, id store.ID) (Entry, error) {
	entry, err := r.store.Entry(ctx, id)
	if err == nil && entry.Type != store.TypeMessage {
		err = fmt.Errorf("entry %d is a %v, not a message: %w", id, entry.Type, store.ErrNotFound)
	}
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("read message: %w: %w", symbian.ErrNotFound, err)
	}
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Entry: entry, store: r.store}
	e.options.Fallback, err = r.fallback(ctx, entry.Service)
	return e, err
}

// fallback returns the charset that the account of a service has for octets that name none.
func (r *Reader) fallback(ctx context.Context, service store.ID) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name, known := r.fallbacks[service]; known {
		return name, nil
	}
	values, err := r.store.Settings(ctx, service)
	if err == nil {
		r.fallbacks[service] = values["charset"]
	}
	return values["charset"], err
}

// read takes apart what is here of the message.
func (e *Entry) read(ctx context.Context) error {
	if e.Body.Kind == store.BodyNone {
		return nil
	}
	if e.Body.Kind == store.BodyHeader {
		return e.readHeader(ctx)
	}
	body, err := e.open(ctx)
	if err != nil {
		return err
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

func (e *Entry) readHeader(ctx context.Context) error {
	body, err := e.open(ctx)
	if err != nil {
		return err
	}
	e.Header, err = mail.ReadHeader(body, e.options.Fallback)
	return errors.Join(err, body.Close())
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

func (e *Entry) open(ctx context.Context) (body, error) {
	r, err := e.store.Body(ctx, e.ID)
	return body{r, ctx.Err}, err
}

// Part returns the part with a path. The error wraps symbian.ErrNotFound when no part has it.
func (e *Entry) Part(path string) (*mail.Part, error) {
	for _, p := range e.Parts {
		if p.Path == path {
			return p, nil
		}
	}
	return nil, fmt.Errorf("message %d has no part %q: %w", e.ID, path, symbian.ErrNotFound)
}

// OpenPart opens the content of a part, with its transfer encoding undone. The caller must close
// it.
func (e *Entry) OpenPart(ctx context.Context, p *mail.Part) (io.ReadCloser, error) {
	return e.opened(ctx, func(b io.ReadSeeker) (io.Reader, error) { return p.Open(b) })
}

// OpenText opens a text part in UTF-8, otherwise unchanged. The caller must close it.
func (e *Entry) OpenText(ctx context.Context, p *mail.Part) (io.ReadCloser, error) {
	return e.opened(ctx, func(b io.ReadSeeker) (io.Reader, error) { return p.OpenText(b, e.options) })
}

// OpenView opens a text part as people read it: see mail.Part.OpenView. The caller must close it.
func (e *Entry) OpenView(ctx context.Context, p *mail.Part) (io.ReadCloser, error) {
	return e.opened(ctx, func(b io.ReadSeeker) (io.Reader, error) { return p.OpenView(b, e.options) })
}

func (e *Entry) opened(ctx context.Context, open func(io.ReadSeeker) (io.Reader, error)) (io.ReadCloser, error) {
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

// EachView calls visit with every text part, as people read it, in the order of the message.
// fs.SkipAll from visit ends it.
func (e *Entry) EachView(ctx context.Context, visit func(*mail.Part, io.Reader) error) error {
	body, err := e.open(ctx)
	if err != nil {
		return err
	}
	for _, p := range e.Parts {
		if !strings.HasPrefix(p.MediaType, "text/") {
			continue
		}
		var view io.Reader
		if view, err = p.OpenView(body, e.options); err == nil {
			err = visit(p, view)
		}
		if err != nil {
			break
		}
	}
	if errors.Is(err, fs.SkipAll) {
		err = nil
	}
	return errors.Join(err, body.Close())
}

// Texts returns what there is to read in the message: see mail.Message.Texts. A file that was cut
// off is left out.
func (e *Entry) Texts(ctx context.Context) ([]mail.Text, error) {
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

// Limits describes what of the message is not in Parts because a limit was reached, "" for nothing.
func (e *Entry) Limits() string {
	if e.Message == nil {
		return ""
	}
	return strings.Join(e.Message.Notices, ", ")
}

// Left returns how many octets of a message are still on the server: its size in LIST less what is
// here, plus a file that was cut off (behaviour section 5). It is 0 for messages that are not here
// in part.
func (e *Entry) Left() int64 {
	if !e.Entry.Email.Has(store.PartialDownload) {
		return 0
	}
	return max(0, e.Size-e.Body.Length+e.cut)
}

// PartialNotice returns the line to show below the text of a message that is here in part: how many
// KB are still on the server, at least 1. It is "" when nothing is left, and when there is no plain
// text to show it below. The stored octets are never changed (behaviour section 0).
func (e *Entry) PartialNotice() string {
	left := e.Left()
	if left == 0 || !e.hasText() {
		return ""
	}
	return fmt.Sprintf("[%d KB of this message are still on the server]", max(1, left/1024))
}

func (e *Entry) hasText() bool {
	for _, part := range e.Parts {
		if part.MediaType == "text/plain" && !part.Attached() {
			return true
		}
	}
	return false
}
