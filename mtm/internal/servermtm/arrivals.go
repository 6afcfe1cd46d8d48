package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Arrivals are new messages without an entry that a get mail fetches right after the refresh that
// found them. Their headers are not requested separately: one commit stores the message, the
// mailbox's entry and the copy in the folder.

// withArrivals adds the arrivals to the messages to fetch.
func (w *work) withArrivals(c *Choice, items []item) errands {
	if w.arrivals.Len() > 0 {
		w.arrivals.order(c.Oldest)
	}
	return errandsOf(items, w.arrivals)
}

// showArrivals adds mailbox entries for the arrivals of a batch, the newest first as in a refresh.
func (w *work) showArrivals(t Transfer, b *bodyBatch) {
	if b.arrivals == 0 {
		return
	}
	b.copies = slices.Grow(b.copies[:0], len(b.items))[:len(b.items)]
	rows := make([]int, 0, b.arrivals)
	for i, it := range b.items {
		if it.id == 0 {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(i, k int) int { return b.items[k].number - b.items[i].number })
	for _, i := range rows {
		e := &b.entries[i]
		if t.Move {
			e.Flags = e.Flags.With(store.Pending) // until the server has deleted it
		} else {
			e.Flags = e.Flags.Without(store.New)
		}
		b.Add(e)
	}
}

// placeArrival adds the batch's copy of an arrival to the folder.
func (t Transfer) placeArrival(b *bodyBatch, i int) {
	e := &b.copies[i]
	*e = t.copyOf(b.entries[i], b.bodies[i])
	b.carries[i].Mark(e)
	e.Flags = e.Flags.With(store.New) // copies inherit New
	if t.Move {
		b.Add(e)
	} else {
		b.AddLinked(e, &b.entries[i])
	}
}

// showRest makes entries, from headers, for the arrivals that were not fetched because of a refusal
// or a failure. Without a connection the next refresh does it.
func (w *work) showRest(ctx context.Context) error {
	complete := w.arrivals.Len() > 0
	if rest := w.notArrived(); rest.Len() > 0 {
		if w.session.Lost() || ctx.Err() != nil {
			return nil
		}
		failed, err := w.showHeaders(ctx, rest)
		if err != nil {
			return err
		}
		complete = len(failed) == 0
	}
	w.session.settled = w.session.settled || complete
	for _, f := range w.turnedDown {
		if f.failure == noFailure {
			continue
		}
		w.failed[f.failure].ID = w.session.view.numbers.entry(f.number)
	}
	return nil
}

// notArrived returns the arrivals that are not durable.
func (w *work) notArrived() *picks {
	if w.arrivals.Len() == 0 {
		return nil
	}
	rest := &picks{of: w.arrivals.of}
	w.arrivals.indexes(func(i int) {
		if !w.arrived.has(rest.of.number(i)) {
			rest.add(i)
		}
	})
	return rest
}

// showHeaders requests the headers of messages, and makes entries of them. It returns the messages
// whose header the server refuses.
func (w *work) showHeaders(ctx context.Context, list *picks) ([]failedMessage, error) {
	unseen := progress.NewMeter(int64(w.session.box.Service), progress.Refreshing) // the progress has counted these messages already
	failed, err := w.session.fetchHeaders(ctx, unseen, &claims{session: w.session}, list)
	if err != nil {
		return failed, err
	}
	b := w.session.box.Store.NewBatch()
	b.Show(w.session.box.Service)
	return failed, commit(b)
}
