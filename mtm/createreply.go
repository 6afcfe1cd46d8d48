package mtm

import (
	"context"

	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// CreateReply writes a reply to a message (behaviour section 12). With PartOriginator it goes to
// the Reply-To of the original, else to its author. With PartRecipient it also goes to all other
// recipients of the original except the account's own address. Without PartOriginator it goes to
// the recipients of the original. In-Reply-To and References name the original. It quotes nothing
// unless PartBody is set. See CreateNew for the rest.
type CreateReply struct {
	Into, Original store.ID
	CreateOptions
}

// CreateReply runs the command and returns the id of the new message.
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
		return fault(ErrArgument, "message %d has no address to reply to: give a recipient", c.source.entry.ID)
	}
	c.to = compose.Merge(compose.Merge(nil, found.to), c.to)
	c.cc = compose.Merge(compose.Merge(nil, found.cc, c.to), c.cc, c.to)
	c.takeSubject(compose.ReplyPrefix)
	c.letter.InReplyTo, c.letter.References = compose.ID(h), compose.References(h)
	return c.takeBody(ctx, "Reply Header")
}

// replyFields returns the fields that name the recipients of a reply.
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

// takeSubject derives the subject from the original, unless the caller has given one.
func (c *creation) takeSubject(prefix string) {
	if c.letter.Subject == "" && c.options.Parts&(symbian.PartDescription|symbian.PartSubject) != 0 {
		c.letter.Subject = compose.Subject(prefix, c.source.subject())
	}
}
