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

// Entry is the entry of a message with its header and its parts: the original's e-mail entry
// (behaviour section 11).
type Entry struct {
	// Entry has the fields of the store. Read also sets the flags that depend on the body:
	// Attachment, and in Email VCard, VCalendar, ICalendar, MHTML, Signed and Encrypted.
	store.Entry
	Header mail.Header // as far as it is stored
	// Message is the parsed message, nil when only the header is stored.
	Message *mail.Message
	// Parts are the leaves of the message that are stored. The last file of a message that is
	// stored in part is left out when it was cut off (behaviour section 5).
	Parts []*mail.Part
	cut   int64 // octets of that file

	store   *store.Store
	options mail.Options
}

// Read returns the entry of a message and parses its body. The error wraps symbian.ErrNotFound when
// there is no such message.
func Read(ctx context.Context, st *store.Store, id store.ID) (Entry, error) {
	return NewReader(st).Read(ctx, id)
}

// Reader reads messages of a store, and keeps what it knows of their accounts. Several
// goroutines may use it.
type Reader struct {
	store *store.Store

	mu        sync.Mutex
	fallbacks map[store.ID]string // charsets of accounts
}

// NewReader returns a Reader for a store.
func NewReader(st *store.Store) *Reader {
	return &Reader{store: st, fallbacks: map[store.ID]string{}}
}

// Read returns the entry of a message and parses its body, as the function Read does.
func (r *Reader) Read(ctx context.Context, id store.ID) (Entry, error) {
	e, err := r.entry(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	return e, e.read(ctx)
}

// ReadHeader returns the entry of a message and its header. Message and Parts are nil, and the
// flags are those of the store.
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

// fallback returns the setting Charset of the account of a service.
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

// read parses the stored octets of the message.
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

// body reads the octets of a message until a context ends.
type body struct {
	*store.BodyReader
	alive func() error
}

// Read implements io.Reader. It fails when the context has ended.
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

// OpenPart returns the decoded content of a part. The caller must close it.
func (e *Entry) OpenPart(ctx context.Context, p *mail.Part) (io.ReadCloser, error) {
	return e.opened(ctx, func(b io.ReadSeeker) (io.Reader, error) { return p.Open(b) })
}

// OpenText returns a text part in UTF-8, otherwise unchanged. The caller must close it.
func (e *Entry) OpenText(ctx context.Context, p *mail.Part) (io.ReadCloser, error) {
	return e.opened(ctx, func(b io.ReadSeeker) (io.Reader, error) { return p.OpenText(b, e.options) })
}

// OpenView returns a text part as people read it: see mail.Part.OpenView. The caller must close it.
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

// EachView calls visit with every text part, as people read it, in the order of the message. It
// stops at an error of visit, and returns it unless it is fs.SkipAll.
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

// Texts returns the texts to show: see mail.Message.Texts. A file that was cut off is left out.
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

// Limits returns in words which parts are missing from Parts because of a limit, "" for none.
func (e *Entry) Limits() string {
	if e.Message == nil {
		return ""
	}
	return strings.Join(e.Message.Notices, ", ")
}

// Left returns the number of octets that are still on the server, of a message that is stored in
// part: its size in LIST less the stored octets, plus the file that was cut off (behaviour
// section 5). It returns 0 for other messages.
func (e *Entry) Left() int64 {
	if !e.Entry.Email.Has(store.PartialDownload) {
		return 0
	}
	return max(0, e.Size-e.Body.Length+e.cut)
}

// PartialNotice returns the line to show below the text of a message that is stored in part: how
// many KB are still on the server, at least 1. It returns "" when nothing is left, or when the
// message has no plain text. The line is never stored (behaviour section 0).
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
