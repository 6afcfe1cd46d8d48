package mtm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// write streams the message into the store and adds its entry and its envelope.
func (c *creation) write(ctx context.Context, r *run, into store.ID) (store.ID, int64, error) {
	b := c.client.store.NewBatch()
	defer b.Rollback()
	body := b.Body(store.BodyWhole)
	// The limit is the largest message size that symbian.Query returns.
	out := &measured{alive: ctx.Err, w: body, meter: r.meter}
	if err := c.letter.Write(out, math.MaxInt32); err != nil {
		return 0, 0, errors.Join(coded(ctx, err), body.Discard())
	}
	place, err := body.Close()
	if err != nil {
		return 0, 0, coded(ctx, err)
	}
	entry := c.entry(into)
	entry.Body, entry.Size = place, place.Length
	b.Add(&entry)
	b.SetOutgoing(&entry, c.envelope())
	if err := b.Commit(ctx); err != nil {
		return 0, 0, coded(ctx, err)
	}
	return entry.ID, entry.Size, nil
}

// coded adds the original's number to an error of writing, if it has one.
func coded(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fault(ErrCancelled, "%w", context.Cause(ctx))
	case errors.Is(err, store.ErrDiskFull):
		return fault(ErrDiskFull, "%w", err)
	case errors.Is(err, compose.ErrRefused):
		return fault(ErrArgument, "%w", err)
	}
	return err
}

// fault returns an error with a number of the original.
func fault(code symbian.Code, format string, args ...any) error {
	return &servermtm.Fault{Code: code, Err: fmt.Errorf(format, args...)}
}

// entry returns the entry of the new message (behaviour section 12).
func (c *creation) entry(into store.ID) store.Entry {
	e := store.Entry{
		Parent: into, Type: store.TypeMessage, Service: c.account.SMTP,
		Description: c.letter.Subject, Date: c.letter.Date.UTC(), MessageID: c.letter.MessageID,
		Flags: store.New | store.Complete, Email: store.BodyTextComplete, Sending: store.SendWaiting,
	}
	if c.smtp().Send == account.OnRequest && !c.waits {
		e.Sending = store.SendUponRequest
	}
	if all := c.all(); len(all) > 0 {
		e.Details = compose.Display(all[0])
		if len(all) > 1 {
			e.Flags |= store.MultipleRecipients
		}
	}
	for _, set := range []struct {
		is   bool
		flag store.Flags
		mail store.EmailFlags
	}{
		{c.options.Types&symbian.TypeInvisible != 0, store.Invisible, 0},
		{c.options.Types&symbian.TypeInPreparation != 0, store.InPreparation, 0},
		{len(c.letter.Attachments) > 0 || (c.letter.HTML != nil && c.letter.Text == nil), store.Attachment, 0},
		{c.letter.HTML != nil && c.letter.Text != nil, 0, store.MHTML},
		{c.hasCard(), 0, store.VCard},
		{c.letter.ReceiptTo != nil, 0, store.Receipt},
	} {
		if set.is {
			e.Flags |= set.flag
			e.Email |= set.mail
		}
	}
	return e
}

func (c *creation) hasCard() bool {
	for _, a := range c.letter.Attachments {
		if a.Type == "text/vcard" {
			return true
		}
	}
	return false
}

func (c *creation) envelope() store.Outgoing {
	o := store.Outgoing{From: c.sender}
	for _, a := range c.all() {
		o.Recipients = append(o.Recipients, store.Recipient{Address: compose.Wire(a)})
	}
	return o
}

// measured is a writer that reports the progress, and fails when the operation is cancelled.
type measured struct {
	alive  func() error // the operation's context
	w      io.Writer
	meter  *progress.Meter
	octets int64
}

func (m *measured) Write(p []byte) (int, error) {
	if err := m.alive(); err != nil {
		return 0, err
	}
	n, err := m.w.Write(p)
	m.octets += int64(n)
	m.meter.Update(func(s *progress.Snapshot) { s.BytesDone = m.octets })
	return n, err
}

// untilCancelled is a reader that fails when the operation is cancelled.
type untilCancelled struct {
	alive func() error
	r     io.Reader
}

func (u *untilCancelled) Read(p []byte) (int, error) {
	if err := u.alive(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
