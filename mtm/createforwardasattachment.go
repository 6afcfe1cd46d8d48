package mtm

import (
	"context"
	"fmt"

	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// CreateForwardAsAttachment writes a message that contains another one, every octet of it
// (behaviour section 12). It needs PartBody or PartAttachments. The original is embedded as
// message/rfc822, or attached as a file when no server would accept it like that, since it has NULs
// or lines that are too long. See CreateNew for the rest.
type CreateForwardAsAttachment struct {
	Into, Original store.ID
	CreateOptions
}

// CreateForwardAsAttachment runs the command and returns the id of the new message.
func (c *Client) CreateForwardAsAttachment(ctx context.Context, cmd CreateForwardAsAttachment) (store.ID, error) {
	return c.create(ctx, cmd)
}

func (CreateForwardAsAttachment) name() string { return "create forward as attachment" }
func (CreateForwardAsAttachment) needs() line  { return beside }

func (cmd CreateForwardAsAttachment) check(ctx context.Context, c *Client) error {
	if cmd.Parts&(symbian.PartBody|symbian.PartAttachments) == 0 {
		return argument(cmd.name(), fmt.Errorf("the part list %#x has neither body nor attachments", uint32(cmd.Parts)))
	}
	return checkCreate(ctx, c, cmd.name(), cmd.recipe(), true)
}

func (CreateForwardAsAttachment) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.Composing)
}

func (cmd CreateForwardAsAttachment) run(ctx context.Context, r *run) error {
	return r.create(ctx, cmd.recipe())
}

func (cmd CreateForwardAsAttachment) recipe() recipe {
	return recipe{into: cmd.Into, original: cmd.Original, options: cmd.CreateOptions, fill: fillEmbedding}
}

func fillEmbedding(ctx context.Context, c *creation) error {
	if err := c.source.needWhole(); err != nil {
		return err
	}
	c.takeSubject(compose.ForwardPrefix)
	if text := c.ownText(); text != "" {
		c.letter.Text = compose.String(text)
	}
	c.letter.Attachments = append(c.letter.Attachments, compose.Attachment{
		Name: "message.eml", Content: c.source.whole(ctx), Message: true,
	})
	return nil
}
