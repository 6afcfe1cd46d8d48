package servermtm

import (
	"context"
	"errors"
	"time"

	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

const holding = "taking the mailbox"

// Hold takes the hold of the mailbox, which Connect needs and the end of the session releases.
// While another client holds the mailbox it blocks, at most for wait. If a client was killed while
// it was connected, Hold marks the account as disconnected.
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
		return nil, fail(ctx, holding, symbian.ErrUnknown, errors.Join(err, held.Release()))
	}
	return held, nil
}

// HoldFault returns a Fault with the number for an error of taking the mailbox.
func HoldFault(ctx context.Context, err error) error {
	_, held := errors.AsType[*hold.HeldError](err)
	var code symbian.Code
	switch {
	case held:
		code = symbian.ErrInUse
	case errors.Is(err, hold.ErrNoLocks):
		code = symbian.ErrNotSupported
	case errors.Is(err, hold.ErrDiskFull):
		code = symbian.ErrDiskFull
	default:
		return fail(ctx, holding, symbian.ErrUnknown, err)
	}
	return &Fault{Step: holding, Code: code, Err: err}
}
