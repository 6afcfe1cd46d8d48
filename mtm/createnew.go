package mtm

import (
	"context"

	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// CreateNew writes a new message in a folder (behaviour section 12): in the Outbox it waits to be
// sent, in Drafts it stays. It needs no connection. The operation's result and progress hold the id
// of the new entry. An error or a cancel leaves no entry.
type CreateNew struct {
	Into store.ID
	CreateOptions
}

// CreateNew runs the command and returns the id of the new message.
func (c *Client) CreateNew(ctx context.Context, cmd CreateNew) (store.ID, error) {
	return c.create(ctx, cmd)
}

func (CreateNew) name() string { return "create new" }
func (CreateNew) needs() line  { return beside }

func (cmd CreateNew) check(ctx context.Context, c *Client) error {
	return checkCreate(ctx, c, cmd.name(), cmd.recipe(), false)
}

func (CreateNew) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.Composing)
}

func (cmd CreateNew) run(ctx context.Context, r *run) error { return r.create(ctx, cmd.recipe()) }

func (cmd CreateNew) recipe() recipe {
	return recipe{into: cmd.Into, options: cmd.CreateOptions, fill: func(_ context.Context, c *creation) error {
		if text := c.ownText(); text != "" {
			c.letter.Text = compose.String(text)
		}
		return nil
	}}
}
