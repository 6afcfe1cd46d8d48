package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/store"
)

// persist repeats a pass over messages until no message breaks the connection: a message that does
// is put off, and the pass begins again over another connection. With ways it begins again after
// any loss, as long as a connection can be made. asked is what the pass fetches of messages without
// an entry, nil for nothing.
func (w *work) persist(ctx context.Context, asked *Asked, pass func() error) error {
	failed, late := len(w.failed), len(w.session.late)
	var noted []failedMessage
	for fruitless := 0; ; {
		fetched := len(w.result.Stored)
		err := pass()
		fruitless++
		if len(w.result.Stored) > fetched {
			fruitless = 0
			w.session.progressed()
		}
		why, err := w.interrupted(ctx, err)
		if err != nil || why == nil {
			return first(err, w.gone(ctx, noted))
		}
		if why.failure != nil {
			noted = append(noted, *why.failure)
		}
		w.failed, w.session.late = w.failed[:failed], w.session.late[:late]
		err = why.cause
		if fruitless < mostFruitless || w.session.ways != nil {
			again := w.resume(ctx, why.cause, asked)
			if again == nil {
				failed, late = len(w.failed), len(w.session.late)
				continue
			}
			if err = again; w.session.ways == nil {
				err = &againError{why.cause, again}
			}
		}
		if why.failure != nil && why.failure.Number != 0 {
			w.failed = append(w.failed, *why.failure)
		}
		return err
	}
}

// gone lists as failed the messages that broke the connection and that the server no longer has.
func (w *work) gone(ctx context.Context, noted []failedMessage) error {
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

// unseen returns the number of items that no earlier pass of this work has counted.
func (w *work) unseen(items []item) (n int) {
	for _, it := range items {
		if !w.seen.has(it.id) {
			n++
		}
	}
	return n
}
