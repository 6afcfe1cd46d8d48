package mtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// CancelOffline takes back the operations that are queued for the selected messages of the mailbox,
// online and offline, and deletes the placeholders of what they would have fetched. Selecting a
// placeholder takes back the operation that made it (behaviour section 6). Its progress counts the
// operations. What was copied at once stays.
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
