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
		return nil, fail(ctx, holding, symbian.ErrUnknown, errors.Join(err, held.Release()))
	}
	return held, nil
}

// HoldFault gives a failure to take the mailbox its number.
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
