package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Arrivals are messages without an entry that get mail takes right after the refresh that finds
// them. Their headers are not asked for: the message itself tells all, and one commit holds the
// mailbox's entry and the copy in the folder.

// withArrivals puts the arrivals among the messages to fetch.
func (w *work) withArrivals(c *Choice, items []item) []item {
	if len(w.arrivals) == 0 {
		return items
	}
	all := slices.Grow(items, len(w.arrivals))
	for _, m := range w.arrivals {
		all = append(all, item{uid: m.uid, number: m.number, size: m.size, unsized: m.unsized})
	}
	c.sort(all)
	return all
}

// showArrivals adds the mailbox's entries of the arrivals in a batch, newest
// first as a refresh does.
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

// placeArrival puts an arrival into the folder: the batch's copy of it.
func (t Transfer) placeArrival(b *bodyBatch, i int) {
	e := &b.copies[i]
	*e = t.copyOf(b.entries[i], b.bodies[i])
	b.carries[i].Mark(e)
	e.Flags = e.Flags.With(store.New) // as a copy takes over
	if t.Move {
		b.Add(e)
	} else {
		b.AddLinked(e, &b.entries[i])
	}
}

// showRest makes entries of the arrivals that did not come, refused or left behind by a failure,
// from their headers. Without a line it is left to the next refresh.
func (w *work) showRest(ctx context.Context) error {
	var rest []*message
	complete := len(w.arrivals) > 0
	for _, m := range w.arrivals {
		if !w.arrived.has(m.number) {
			rest = append(rest, m)
		}
	}
	if len(rest) > 0 {
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

// showHeaders makes entries of messages, by number, from their headers, and returns those whose
// header the server refuses.
func (w *work) showHeaders(ctx context.Context, list []*message) ([]failedMessage, error) {
	slices.Reverse(list)
	unseen := progress.NewMeter(int64(w.session.box.Service), progress.Refreshing) // these messages were counted already
	r := &refresh{session: w.session, known: len(w.session.view.numbers.ids)}
	failed, err := w.session.fetchHeaders(ctx, unseen, &claims{session: w.session}, list)
	if err != nil {
		return failed, err
	}
	b := w.session.box.Store.NewBatch()
	r.show(b)
	return failed, commit(b)
}
