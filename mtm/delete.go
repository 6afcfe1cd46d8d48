package mtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Delete deletes messages of the mailbox: on the server, which carries it out when
// the session ends with QUIT, and then here (behaviour section 5). A message that
// the server refuses to delete keeps its entry and is listed in Error.Failed. Copies
// in folders are not touched.
type Delete struct {
	Messages []store.ID // entries of the mailbox, deleted in this order
}

func (Delete) name() string { return "delete" }
func (Delete) needs() line  { return online }

func (Delete) check(context.Context, *Client) error { return nil }

func (Delete) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.Deleting)
}

func (d Delete) run(ctx context.Context, r *run) error {
	return r.done(r.session.Delete(ctx, r.meter, slices.Clone(d.Messages)))
}
