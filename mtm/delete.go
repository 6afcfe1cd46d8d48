package mtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Delete deletes messages of the mailbox: first on the server, when the session ends with QUIT, and
// then in the store (behaviour section 5). A message that the server refuses to delete keeps its
// entry and is listed in Error.Failed. Copies in folders are not touched.
//
// For an account in disconnected mode the delete is queued, without a connection too, and carried
// out when a session ends. Until then the entry has the Operation flag, and CancelOffline takes the
// delete back (behaviour section 6).
type Delete struct {
	Messages []store.ID // entries of the mailbox, deleted in this order
}

func (Delete) name() string { return "delete" }
func (Delete) needs() line  { return asFound }

func (d Delete) check(ctx context.Context, c *Client) error { return c.needLine(ctx, d.name()) }

func (Delete) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.Deleting)
}

func (d Delete) run(ctx context.Context, r *run) error {
	messages := slices.Clone(d.Messages)
	queues, err := r.client.mailbox.Disconnected(ctx)
	switch {
	case err != nil:
		return err
	case queues || r.session == nil:
		return r.queue(ctx, func(m *servermtm.Mailbox) (servermtm.Result, error) {
			return m.QueueDelete(ctx, r.meter, messages)
		})
	}
	return r.done(r.session.Delete(ctx, r.meter, messages))
}
