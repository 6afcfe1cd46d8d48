package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Arrivals are messages without an entry that get mail takes right after the refresh that finds them. Their headers are not
// asked for: the message itself tells all, and one commit holds the mailbox's entry and the copy in the folder.

// announced takes the arrivals, by number, out of what is missing. A header is needed of a message without a UID; of one that
// may be that of an entry which nothing has claimed, under another name (see adopt); and of one that has a copy in the folder.
func (r *refresh) announced(ctx context.Context, missing []*message) (headers, arrivals []*message, err error) {
	if r.asked == nil || r.asked.Populate || !r.server.withUIDs || len(missing) == 0 {
		return missing, nil, nil
	}
	copies, err := r.copies(ctx, r.asked.Into)
	if err != nil {
		return nil, nil, err
	}
	renamed := make(map[int64]bool) // sizes
	for i, ref := range r.local {
		if r.claimed[i] == 0 {
			renamed[ref.Size] = true
		}
	}
	for _, m := range missing {
		size := m.size
		if m.uid != "" && r.asked.takesNew(size) && r.allows(size) && !r.owed.populate.fits(size) && !renamed[size] && !copies.has(m.uid) {
			arrivals = append(arrivals, m)
		} else {
			headers = append(headers, m)
		}
	}
	slices.Reverse(arrivals)
	return headers, arrivals, nil
}

// withArrivals puts the arrivals among the messages to fetch, by number.
func (w *work) withArrivals(items []item) []item {
	if len(w.arrivals) == 0 {
		return items
	}
	all := slices.Grow(items, len(w.arrivals))
	for _, m := range w.arrivals {
		all = append(all, item{uid: m.uid, number: m.number, size: m.size, unsized: m.unsized})
	}
	slices.SortFunc(all, func(a, b item) int { return a.number - b.number })
	return all
}

// showArrivals adds the mailbox's entries of the arrivals in a batch, newest first as a refresh does.
func (w *work) showArrivals(t Transfer, b *bodyBatch) {
	if b.arrivals == 0 {
		return
	}
	b.copies = slices.Grow(b.copies[:0], len(b.items))[:len(b.items)]
	for i, it := range slices.Backward(b.items) {
		if it.id != 0 {
			continue
		}
		e := &b.entries[i]
		if t.Move {
			e.Flags = e.Flags.With(store.Pending) // until the server has deleted it
		} else {
			e.Flags = e.Flags.Without(store.New)
		}
		b.Add(e)
	}
}

// placeArrival puts an arrival into the folder. Where its id will be is returned.
func (t Transfer) placeArrival(b *bodyBatch, i int) *store.ID {
	e := &b.copies[i]
	*e = t.copyOf(b.entries[i], b.bodies[i])
	b.carries[i].Mark(e)
	e.Flags = e.Flags.With(store.New) // as a copy takes over
	if t.Move {
		b.Add(e)
	} else {
		b.AddLinked(e, &b.entries[i])
	}
	return &e.ID
}

// turnedDown is an arrival that the server refused to send, or that is too large: its failure has no entry to name yet.
type turnedDown struct{ failure, number int }

// noFailure stands in turnedDown for a message that is left out.
const noFailure = -1

// showRest makes entries of the arrivals that did not come, refused or left behind by a failure, from their headers. Without
// a line it is left to the next refresh.
func (w *work) showRest(ctx context.Context) error {
	var rest []*message
	complete := len(w.arrivals) > 0
	refused := w.turnedDown
	for _, m := range w.arrivals {
		isRefused := len(refused) > 0 && refused[0].number == m.number
		if isRefused {
			refused = refused[1:]
		}
		if isRefused || m.number > w.kept {
			rest = append(rest, m)
		}
	}
	if len(rest) > 0 {
		if w.Lost() || ctx.Err() != nil {
			return nil
		}
		failed, err := w.showHeaders(ctx, rest)
		if err != nil {
			return err
		}
		complete = len(failed) == 0
	}
	w.settled = w.settled || complete
	for _, f := range w.turnedDown {
		if f.failure == noFailure {
			continue
		}
		w.failed[f.failure].ID = w.numbers.entry(f.number)
	}
	return nil
}

// showHeaders makes entries of messages, by number, from their headers, and returns those whose header the server refuses.
func (w *work) showHeaders(ctx context.Context, list []*message) ([]Failure, error) {
	slices.Reverse(list)
	unseen := progress.NewMeter(int64(w.Service), progress.Refreshing) // these messages were counted already
	r := &refresh{Session: w.Session, meter: unseen, known: len(w.numbers.ids)}
	failed, err := r.fetchHeaders(ctx, list)
	if err != nil {
		return failed, err
	}
	b := w.Store.NewBatch()
	r.show(b)
	return failed, commit(b)
}
