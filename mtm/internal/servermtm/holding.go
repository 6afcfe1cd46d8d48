package servermtm

import (
	"context"
	"errors"
	"slices"
	"time"

	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

const holding = "taking the mailbox"

// Hold takes the mailbox for a session: Connect needs it, and the session's end gives it back.
// While another client has the mailbox it waits, wait at most. What a killed client left behind
// is put right: the account shows as connected no longer.
func (m *Mailbox) Hold(ctx context.Context, meter *progress.Meter, wait time.Duration) (*hold.Hold, error) {
	meter.Enter(progress.Connecting)
	held, err := m.Place.Take(ctx, wait)
	if err != nil {
		return nil, HoldFault(ctx, err)
	}
	service, err := m.Store.Entry(ctx, m.Service)
	if err == nil && service.Flags.Has(store.Connected) {
		err = m.markDisconnected(ctx, func(*store.Batch) {})
	}
	if err != nil {
		return nil, fail(ctx, holding, progress.Unknown, errors.Join(err, held.Release()))
	}
	return held, nil
}

// HoldFault gives a failure to take the mailbox its number.
func HoldFault(ctx context.Context, err error) error {
	_, held := errors.AsType[*hold.HeldError](err)
	var code progress.Code
	switch {
	case held:
		code = progress.InUse
	case errors.Is(err, hold.ErrNoLocks):
		code = progress.NotSupported
	case errors.Is(err, hold.ErrDiskFull):
		code = progress.DiskFull
	default:
		return fail(ctx, holding, progress.Unknown, err)
	}
	return &Fault{Step: holding, Code: code, Err: err}
}

// markDisconnected shows the account as offline, and hides its messages unless it is in
// disconnected mode (behaviour section 4). also adds to the same commit.
func (m *Mailbox) markDisconnected(ctx context.Context, also func(*store.Batch)) error {
	offline, err := m.Disconnected(ctx)
	if err != nil {
		return err
	}
	b := m.Store.NewBatch()
	b.SetFlags([]store.ID{m.Service}, 0, store.Connected)
	also(b)
	if !offline {
		b.Hide(m.Service)
	}
	return commit(b)
}

// claim takes what waits for the items for this work, so that nobody takes it back meanwhile. It
// leaves in w.waits what still waits then.
func (w *work) claim(ctx context.Context, items []item) error {
	var ids []store.ID
	for _, it := range items {
		if len(w.waits[it.id]) > 0 {
			ids = append(ids, it.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := w.Store.Claim(ctx, w.held.Token(), ids)
	if err != nil {
		return err
	}
	w.claimed = true
	claimed := byEntry(list)
	for _, id := range ids {
		if w.waits[id] = claimed[id]; len(claimed[id]) == 0 {
			delete(w.waits, id)
		}
	}
	return nil
}

// claimQueue claims the operations of a list, but for the deletes, and returns those that still wait.
func (w *work) claimQueue(ctx context.Context, list []store.Queued) ([]store.Queued, error) {
	var ids []store.ID
	known := make(map[int64]bool)
	for _, q := range list {
		if q.Kind != store.QueueDelete {
			ids = append(ids, q.Entry)
			known[q.ID] = true
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	w.claimed = true
	slices.Sort(ids)
	claimed, err := w.Store.Claim(ctx, w.held.Token(), slices.Compact(ids))
	return slices.DeleteFunc(claimed, func(q store.Queued) bool { return !known[q.ID] }), err
}

// unclaim lets others take back what this work has not carried out.
func (w *work) unclaim() error {
	if !w.claimed {
		return nil
	}
	w.claimed = false
	return w.Store.Unclaim(context.Background(), w.held.Token())
}
