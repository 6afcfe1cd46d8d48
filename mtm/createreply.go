package mtm

import (
	"context"

	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// CreateReply makes an answer to a message (behaviour section 12). With PartOriginator
// it goes to whom the original asks to answer to, else to who wrote it; with
// PartRecipient too, also in copy to all that the original went to, but for the
// account's own address; without PartOriginator it goes to whom the original went to.
// In-Reply-To and References name the original. Of its text nothing is taken unless
// PartBody is set. For the rest see CreateNew.
type CreateReply struct {
	Into, Original store.ID
	CreateOptions
}

// CreateReply runs the command and gives the id of the new message.
func (c *Client) CreateReply(ctx context.Context, cmd CreateReply) (store.ID, error) {
	return c.create(ctx, cmd)
}

func (CreateReply) name() string { return "create reply" }
func (CreateReply) needs() line  { return beside }

func (cmd CreateReply) check(ctx context.Context, c *Client) error {
	return checkCreate(ctx, c, cmd.name(), cmd.recipe(), true)
}

func (CreateReply) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.Composing)
}

func (cmd CreateReply) run(ctx context.Context, r *run) error { return r.create(ctx, cmd.recipe()) }

func (cmd CreateReply) recipe() recipe {
	return recipe{into: cmd.Into, original: cmd.Original, options: cmd.CreateOptions, fill: fillReply}
}

func fillReply(ctx context.Context, c *creation) error {
	h := c.source.header()
	if err := c.source.countAddresses(replyFields(c.options.Parts)...); err != nil {
		return err
	}
	var found recipients
	switch parts := c.options.Parts; {
	case parts&symbian.PartOriginator == 0:
		found.to, found.cc = compose.Addresses(h, "To"), compose.Addresses(h, "Cc")
	case parts&symbian.PartRecipient == 0:
		found.to = compose.Originator(h)
	default:
		found.to, found.cc = compose.Everybody(h, c.own)
	}
	if c.options.Parts&symbian.PartOriginator != 0 && len(compose.Originator(h)) == 0 && len(c.to) == 0 {
		return fault(ErrArgument, "message %d names nobody to reply to: name a recipient", c.source.entry.ID)
	}
	c.to = compose.Merge(compose.Merge(nil, found.to), c.to)
	c.cc = compose.Merge(compose.Merge(nil, found.cc, c.to), c.cc, c.to)
	c.takeSubject(compose.ReplyPrefix)
	c.letter.InReplyTo, c.letter.References = compose.ID(h), compose.References(h)
	return c.takeBody(ctx, "Reply Header")
}

// replyFields lists the fields that name whom a reply may go to.
func replyFields(parts symbian.PartList) []string {
	var fields []string
	if parts&symbian.PartOriginator != 0 {
		fields = []string{"Reply-To", "From", "Resent-Reply-To", "Resent-From"}
	}
	if parts&symbian.PartOriginator == 0 || parts&symbian.PartRecipient != 0 {
		fields = append(fields, "To", "Cc", "Resent-To", "Resent-Cc")
	}
	return fields
}

// takeSubject makes the subject from the original's, unless the caller has given one.
func (c *creation) takeSubject(prefix string) {
	if c.letter.Subject == "" && c.options.Parts&(symbian.PartDescription|symbian.PartSubject) != 0 {
		c.letter.Subject = compose.Subject(prefix, c.source.subject())
	}
}
