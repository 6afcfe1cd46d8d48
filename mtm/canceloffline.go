package mtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// CancelOffline takes back the operations that are queued for messages of the mailbox, and deletes
// their placeholders in folders. A placeholder in Messages means the operation that made it
// (behaviour section 6). CancelOffline works with and without a connection. Its progress counts
// operations. Messages that were copied at once stay.
type CancelOffline struct {
	Messages []store.ID
}

func (CancelOffline) name() string { return "cancel offline operations" }
func (CancelOffline) needs() line  { return asFound }

func (CancelOffline) check(context.Context, *Client) error { return nil }

func (CancelOffline) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.CancellingOfflineOps)
}

func (cmd CancelOffline) run(ctx context.Context, r *run) error {
	r.local = true
	return r.client.mailbox.CancelOffline(ctx, r.meter, slices.Clone(cmd.Messages))
}
