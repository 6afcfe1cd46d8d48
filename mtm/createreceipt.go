package mtm

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// CreateReceipt writes the receipt that a message was read (behaviour section 12; RFC 8098): a
// multipart/report to the address that the message asks to send it to, else to its author. It is
// always queued for sending, and a failure to send it is not reported to its author. A receipt for
// a receipt is rejected (RFC 8098 section 3). See CreateNew for the rest.
type CreateReceipt struct {
	Into, Original store.ID
	Types          symbian.TypeList
	Service        store.ID // as in CreateOptions
}

// CreateReceipt runs the command and returns the id of the new message.
func (c *Client) CreateReceipt(ctx context.Context, cmd CreateReceipt) (store.ID, error) {
	return c.create(ctx, cmd)
}

func (CreateReceipt) name() string { return "create receipt" }
func (CreateReceipt) needs() line  { return beside }

func (cmd CreateReceipt) check(ctx context.Context, c *Client) error {
	return checkCreate(ctx, c, cmd.name(), cmd.recipe(), true)
}

func (CreateReceipt) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.Composing)
}

func (cmd CreateReceipt) run(ctx context.Context, r *run) error { return r.create(ctx, cmd.recipe()) }

func (cmd CreateReceipt) recipe() recipe {
	return recipe{into: cmd.Into, original: cmd.Original, options: CreateOptions{Types: cmd.Types, Service: cmd.Service}, fill: fillReceipt}
}

func fillReceipt(_ context.Context, c *creation) error {
	h := c.source.header()
	if strings.EqualFold(h.MediaParam("report-type"), "disposition-notification") {
		return fault(ErrArgument, "message %d is a receipt: no receipt is sent for a receipt", c.source.entry.ID)
	}
	fields := []string{"Disposition-Notification-To", "Return-Receipt-To", "From"}
	if err := c.source.countAddresses(fields...); err != nil {
		return err
	}
	for _, field := range fields {
		if c.to = compose.Addresses(h, field); len(c.to) > 0 {
			break
		}
	}
	if len(c.to) == 0 {
		return fault(ErrArgument, "message %d has no address to send a receipt to", c.source.entry.ID)
	}
	c.waits, c.textOnly, c.sender = true, true, "" // RFC 8098 section 3: no reply to a receipt that was lost
	c.letter.Subject = compose.Receipt(c.source.subject())
	c.letter.InReplyTo, c.letter.References = compose.ID(h), compose.References(h)
	c.letter.Report = &compose.Report{
		Reader: c.own, OriginalID: compose.ID(h), OriginalRecipient: h.Value("Original-Recipient"),
	}
	c.letter.Text = compose.String(receiptText(c.source, time.Now()))
	return nil
}

// receiptText returns the text of a receipt that a person reads.
func receiptText(o *original, now time.Time) string {
	const longest = 500
	subject := compose.CleanText(o.subject(), longest)
	return fmt.Sprintf("The message %q was displayed on %s.\nThis is no guarantee that it was read or understood.\n",
		subject, now.Format(time.RFC1123Z))
}
