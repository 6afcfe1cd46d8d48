package mtm

import (
	"context"

	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// CreateForward writes a message that forwards another one (behaviour section 12): with PartBody
// its text below a few lines of its header, with PartAttachments its attachments. It goes only to
// the recipients in the options. A part of the original that cannot be decoded is an error; such a
// message can be forwarded with CreateForwardAsAttachment. See CreateNew for the rest.
type CreateForward struct {
	Into, Original store.ID
	CreateOptions
}

// CreateForward runs the command and returns the id of the new message.
func (c *Client) CreateForward(ctx context.Context, cmd CreateForward) (store.ID, error) {
	return c.create(ctx, cmd)
}

func (CreateForward) name() string { return "create forward" }
func (CreateForward) needs() line  { return beside }

func (cmd CreateForward) check(ctx context.Context, c *Client) error {
	return checkCreate(ctx, c, cmd.name(), cmd.recipe(), true)
}

func (CreateForward) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.Composing)
}

func (cmd CreateForward) run(ctx context.Context, r *run) error { return r.create(ctx, cmd.recipe()) }

func (cmd CreateForward) recipe() recipe {
	return recipe{into: cmd.Into, original: cmd.Original, options: cmd.CreateOptions, fill: func(ctx context.Context, c *creation) error {
		c.takeSubject(compose.ForwardPrefix)
		return c.takeBody(ctx, "Forward Header")
	}}
}
