package mtm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// recipients holds the three kinds of recipients.
type recipients struct{ to, cc, bcc []*mail.Address }

// all returns each recipient once, those of Bcc last.
func (r recipients) all() []*mail.Address {
	return compose.Merge(compose.Merge(compose.Merge(nil, r.to), r.cc), r.bcc)
}

// creation holds a message that is being written.
type creation struct {
	client  *Client
	options CreateOptions
	account Account
	own     *mail.Address
	source  *original // nil for a new message

	recipients
	letter   compose.Letter
	sender   string // of the envelope
	waits    bool   // queued for sending, whatever the account's settings say
	textOnly bool   // without the signature, card and attachments of the account
	leftOut  []LeftOut
}

// recipe describes one create command: what distinguishes it from the others.
type recipe struct {
	into, original store.ID
	options        CreateOptions
	fill           func(context.Context, *creation) error
}

// checkCreate returns an error for an invalid destination or original, before anything is written.
func checkCreate(ctx context.Context, c *Client, command string, r recipe, answers bool) error {
	folder, err := c.store.Entry(ctx, r.into)
	if err != nil {
		return &Error{Command: command, Step: "finding the destination folder", Code: ErrNotFound, Err: err}
	}
	if folder.Type != store.TypeFolder {
		return &Error{Command: command, Code: ErrNotSupported, Err: errors.New("the destination is not a folder")}
	}
	if answers {
		if _, err := message(ctx, c.store, command, r.original); err != nil {
			return err
		}
	}
	return r.options.check(command)
}

// create writes the message in one batch, so that nothing stays after an error or a cancel.
func (r *run) create(ctx context.Context, what recipe) error {
	c := &creation{client: r.client, options: what.options}
	var err error
	if what.original != 0 {
		if c.source, err = readOriginal(ctx, r.client.store, what.original); err != nil {
			return err
		}
	}
	if err = c.begin(ctx); err != nil {
		return err
	}
	if err = what.fill(ctx, c); err != nil {
		return err
	}
	if err = c.finish(ctx); err != nil {
		return err
	}
	if what.into == store.Outbox && len(c.all()) == 0 && c.options.Types&symbian.TypeInPreparation == 0 {
		return fault(ErrArgument, "a message in the Outbox needs a recipient")
	}
	id, size, err := c.write(ctx, r, what.into)
	if err != nil {
		return err
	}
	r.result.Messages, r.result.Octets, r.result.LeftOut = []store.ID{id}, size, c.leftOut
	r.meter.Update(func(s *progress.Snapshot) { s.Message = int64(id) })
	return nil
}

// begin finds the sending account and reads the options.
func (c *creation) begin(ctx context.Context) (err error) {
	if c.account, err = c.client.sendingAccount(ctx, c.options.Service, c.source); err != nil {
		return err
	}
	if c.own, err = ownAddress(c.smtp().From); err != nil {
		return err
	}
	if c.recipients, err = c.options.recipients(); err != nil {
		return fault(ErrArgument, "%w", err)
	}
	c.sender = compose.Wire(c.own)
	c.letter.From, c.letter.Date = c.own, time.Now()
	c.letter.MessageID = compose.NewID(c.own)
	c.letter.Subject = c.options.Subject
	return nil
}

func (c *creation) smtp() account.SMTP { return c.account.POP3.SMTP }

func ownAddress(setting string) (*mail.Address, error) {
	list, err := compose.ParseList("the account's address", []string{setting})
	if err != nil {
		return nil, fault(ErrArgument, "%w", err)
	}
	return list[0], nil
}

// sendingAccount returns the account whose SMTP service sends (behaviour section 12).
func (c *Client) sendingAccount(ctx context.Context, given store.ID, source *original) (Account, error) {
	accounts, err := Accounts(ctx, c.store)
	if err != nil {
		return Account{}, err
	}
	find := func(id store.ID) (Account, bool) {
		for _, a := range accounts {
			if a.SMTP != 0 && (a.ID == id || a.SMTP == id) {
				return a, true
			}
		}
		return Account{}, false
	}
	wanted := []store.ID{c.service}
	if source != nil {
		wanted = []store.ID{source.entry.Service, c.service}
	}
	if given != 0 {
		wanted = []store.ID{given}
	}
	for _, id := range wanted {
		if a, ok := find(id); ok {
			return a, nil
		}
	}
	for _, a := range accounts {
		if a.SMTP != 0 && given == 0 {
			return a, nil
		}
	}
	return Account{}, fault(ErrNotFound, "no account can send mail: set smtp-host and smtp-from")
}

// finish adds what the account's settings add to a message, and checks the number of recipients.
func (c *creation) finish(ctx context.Context) error {
	s := c.smtp()
	if !c.textOnly {
		if err := c.attach(ctx); err != nil {
			return err
		}
		switch s.CopyToSelf {
		case account.CopyTo:
			c.to = c.withSelf(c.to)
		case account.CopyCc:
			c.cc = c.withSelf(c.cc)
		case account.CopyBcc:
			c.bcc = c.withSelf(c.bcc)
		case account.NoCopy:
		}
	}
	for _, field := range []struct {
		wanted bool
		texts  []string
		set    **mail.Address
	}{
		{s.ReplyTo != "", []string{s.ReplyTo}, &c.letter.ReplyTo},
		{s.RequestReceipts && !c.textOnly, []string{s.ReceiptAddress, s.ReplyTo, s.From}, &c.letter.ReceiptTo},
	} {
		for _, text := range field.texts {
			if text == "" || !field.wanted || *field.set != nil {
				continue
			}
			a, err := ownAddress(text)
			if err != nil {
				return err
			}
			*field.set = a
		}
	}
	c.letter.To, c.letter.Cc = c.to, c.cc
	if n := len(c.all()); n > store.MaxRecipients {
		return fault(ErrArgument, "%d recipients, at most %d are allowed", n, store.MaxRecipients)
	}
	return nil
}

func (c *creation) withSelf(list []*mail.Address) []*mail.Address {
	return compose.Merge(list, []*mail.Address{c.own}, c.all())
}

// attach adds the caller's text and files, and the account's vCard.
func (c *creation) attach(ctx context.Context) error {
	o := &c.options
	if o.HTML != "" && c.letter.HTML == nil {
		c.letter.HTML = compose.String(o.HTML)
	}
	var files []compose.Attachment
	for _, a := range o.Attachments {
		kind, params, err := mime.ParseMediaType(a.Type)
		if err != nil {
			kind, params = "", nil
		}
		files = append(files, compose.Attachment{Name: a.Name, Type: kind, Charset: params["charset"],
			Content: func() (io.ReadCloser, error) { return io.NopCloser(&untilCancelled{ctx.Err, a.Reader}), nil }})
	}
	c.letter.Attachments = append(files, c.letter.Attachments...)
	if path := c.smtp().VCard; path != "" {
		info, err := os.Stat(path)
		if err == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%s is not a file", path)
		}
		if err != nil {
			return fault(ErrNotFound, "the file of smtp-vcard: %w", err)
		}
		c.letter.Attachments = append(c.letter.Attachments, compose.Attachment{
			Name: compose.CleanFileName(filepath.Base(path)), Type: "text/vcard",
			Content: func() (io.ReadCloser, error) { return os.Open(path) },
		})
	}
	return nil
}

// ownText returns the caller's text with the signature below it.
func (c *creation) ownText() string {
	text := strings.TrimRight(c.options.Text, "\r\n")
	if text != "" {
		text += "\n"
	}
	signature := strings.TrimRight(c.smtp().Signature, "\n")
	if signature == "" || (text == "" && c.options.Parts&symbian.PartBody == 0) {
		return text
	}
	if text != "" {
		text += "\n"
	}
	return text + "-- \n" + signature + "\n" // the line that starts a signature
}

// create runs a command that writes a message and returns its id.
func (c *Client) create(ctx context.Context, cmd Command) (store.ID, error) {
	op, err := c.InvokeAsync(ctx, cmd)
	if err != nil {
		return 0, err
	}
	if err := op.Wait(); err != nil {
		return 0, err
	}
	return op.result.Messages[0], nil
}

// message returns the entry of a message, or ErrNotFound.
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
