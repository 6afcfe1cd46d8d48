package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/store"
)

// persist carries out a pass over messages until no message breaks the connection any more: each that does is put off, and the
// pass begins again on another connection.
func (w *work) persist(ctx context.Context, pass func() error) error {
	failed, late := len(w.failed), len(w.session.late)
	var noted []Failure
	for fruitless := 0; ; {
		fetched := len(w.result.Stored)
		err := pass()
		broken, is := errors.AsType[*brokenError](err)
		if !is || ctx.Err() != nil {
			return first(err, w.gone(ctx, noted))
		}
		b, err := w.session.note(broken)
		if err != nil {
			return err
		}
		if noted = append(noted, b); len(w.result.Stored) > fetched {
			fruitless = 0
		} else {
			fruitless++
		}
		w.failed, w.session.late = w.failed[:failed], w.session.late[:late]
		err = broken.err
		if fruitless < mostFruitless {
			var again error
			if again = w.resume(ctx); again == nil {
				failed, late = len(w.failed), len(w.session.late)
				continue
			}
			err = &againError{broken.err, again}
		}
		if broken.number != 0 {
			w.failed = append(w.failed, b)
		}
		return err
	}
}

// gone lists messages that broke the connection, and that the server no longer has.
func (w *work) gone(ctx context.Context, noted []Failure) error {
	for _, f := range noted {
		if f.ID == 0 {
			continue
		}
		_, err := w.session.box.Store.Entry(ctx, f.ID)
		if errors.Is(err, store.ErrNotFound) {
			w.failed = append(w.failed, f)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// resume prepares another pass on another connection. What this work stored or found is not counted again.
func (w *work) resume(ctx context.Context) error {
	if w.seen == nil {
		w.seen = make(map[store.ID]bool)
	}
	for _, it := range w.safe {
		w.seen[it.id] = true
	}
	w.safe, w.arrivals, w.turnedDown, w.unproven, w.kept = nil, nil, nil, nil, 0
	dropped := len(w.session.dropped)
	err := w.session.reconnect(ctx, w.session.box.Wire.Timeout)
	w.failed = append(w.failed, w.session.dropped[dropped:]...)
	return err
}

// unseen counts the items that no earlier pass of this work has counted.
func (w *work) unseen(items []item) (n int) {
	for _, it := range items {
		if !w.seen[it.id] {
			n++
		}
	}
	return n
}
