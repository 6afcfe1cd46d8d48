package servermtm

import (
	"context"
	"errors"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Transfer copies or moves messages (behaviour section 5). A message of which the
// folder has a whole copy is not stored again. A populated message is copied inside the
// store, without the server.
func (s *Session) Transfer(ctx context.Context, meter *progress.Meter, t Transfer) (Result, error) {
	step := "copying messages"
	if t.Move {
		step = "moving messages"
	}
	meter.Enter(t.phase())
	s.skip = t.skips()
	w := s.work(meter)
	w.arrivals, s.arrivals = s.arrivals, nil
	err := w.persist(ctx, t.asked(), func() error {
		err := w.transfer(ctx, t)
		return first(err, w.showRest(ctx))
	})
	return w.end(ctx, step, err)
}

// asked returns what a transfer requests of messages without an entry.
func (t Transfer) asked() *Asked {
	if t.Selection != nil {
		return nil
	}
	return &Asked{Choice: t.Choice, Into: t.Into}
}

func (w *work) transfer(ctx context.Context, t Transfer) error {
	w.begin(t.Move)
	wanted, found, err := w.find(ctx, t)
	if err != nil {
		return err
	}
	missing, err := w.leaveOutStored(t, wanted, found)
	if err != nil {
		return err
	}
	w.did(len(wanted) - len(missing))
	// The request is stored, so that the next session finds as New what this one does not fetch. A
	// move has finished with a message when its entry is deleted.
	asked, settled := missing, store.New|store.Pending // behaviour section 5: a copy clears New
	switch {
	case t.queued: // the queue has the request; what a get asked for is still owed
		asked, settled = nil, store.New
	case t.Move:
		asked, settled = wanted, 0
	}
	if err = w.mark(idsOf(asked), store.Pending, 0); err != nil {
		return err
	}
	t.sort(missing)
	before := len(missing)
	missing, err = w.copyLocal(ctx, t, missing, settled)
	if err != nil {
		return err
	}
	w.did(before - len(missing))
	missing = w.putOff(missing, late{transfer: &t})
	err = w.fetch(ctx, w.withArrivals(&t.Choice, missing), wholeMessage, w.placeIn(t), settled)
	if err != nil || !t.Move {
		return err
	}
	// All messages in safe are committed and synced.
	w.session.moving = true
	return w.delete(ctx, lastFirst(w.safe))
}

// find returns the chosen messages and their copies in the folder. Messages that a move will delete
// without fetching them are proven first. Where another message has taken a unique-id, it is chosen
// if the choice includes it.
func (w *work) find(ctx context.Context, t Transfer) ([]item, *copyFinder, error) {
	for {
		wanted, err := w.choose(ctx, t.Choice)
		if err != nil {
			return nil, nil, err
		}
		found, err := w.session.box.findCopies(ctx, t.Into, wanted, w.session.server.reused)
		if err != nil || !t.Move {
			return wanted, found, err
		}
		again, err := w.proveHere(ctx, t, wanted, found)
		if err != nil || !again {
			return wanted, found, err
		}
	}
}

// leaveOutStored removes messages that have a whole copy in the folder, as after an interrupted
// transfer, so that none is stored twice.
func (w *work) leaveOutStored(t Transfer, wanted []item, found *copyFinder) ([]item, error) {
	w.rivals, w.copied = found.rivals, make(map[store.ID]bool)
	there, missing := parted(wanted, func(k int) bool { return found.of[k] != 0 })
	w.result.AlreadyThere += w.unseen(there)
	w.keep(there)
	if err := w.settle(there, t.fulfils); err != nil || t.Move || t.queued {
		return missing, err
	}
	return missing, w.mark(pendingOf(there), 0, store.Pending) // they need nothing more
}

// placeIn returns a placer that adds messages to the folder, in their order. Most have no queued
// operation: arrivals are added, the others are copied inside the store.
func (w *work) placeIn(t Transfer) placer {
	return func(b *bodyBatch) ([]placed, error) {
		w.showArrivals(t, b)
		list := make([]placed, len(b.items))
		var run *store.Copies
		for i, it := range b.items {
			if it.id == 0 {
				t.placeArrival(b, i)
				list[i], run = placed{arrival: true}, nil
				continue
			}
			is, err := w.isCopy(b.Batch, b.bodies[i], it)
			if err != nil {
				return nil, err
			}
			done := slices.DeleteFunc(slices.Clone(w.waits[it.id]), func(q store.Queued) bool { return !t.fulfils(q) })
			if is { // the folder has the message, which only its octets identify
				for _, q := range done {
					b.Batch.Fulfil(q)
				}
				run = nil
				continue
			}
			if len(done) > 0 {
				if list[i], err = w.placeAwaited(b, i, t, done); err != nil {
					return nil, err
				}
				run = nil
				continue
			}
			if run == nil {
				run = t.copies()
				run.Of = make([]store.Copied, 0, len(b.items)-i)
				b.Copy(run)
			}
			list[i] = placed{run: run, at: len(run.Of)}
			run.Of = append(run.Of, store.Copied{Source: it.id, Body: b.bodies[i], Flags: b.carries[i].Flags, Email: b.carries[i].Email})
		}
		return list, nil
	}
}

// isCopy reports whether a copy in the folder has the octets of a message, since equal octets are
// stored once. The copy then belongs to this message, and gets its unique-id.
func (w *work) isCopy(b *store.Batch, body store.Body, it item) (bool, error) {
	for _, rival := range w.rivals[it.id] {
		if w.copied[rival] {
			continue // it belongs to another message
		}
		equal, err := b.Equal(context.Background(), body, rival)
		if errors.Is(err, store.ErrCorrupt) {
			continue // a damaged copy does not count
		}
		if err != nil {
			return false, err
		}
		if !equal {
			continue
		}
		w.copied[rival] = true
		b.SetUID([]store.ID{rival}, it.uid)
		return true, nil
	}
	return false, nil
}

// placeAwaited puts the i-th message of a batch into its ghost in the folder, or into a new entry,
// and removes the queued operations that are done.
func (w *work) placeAwaited(b *bodyBatch, i int, t Transfer, done []store.Queued) (placed, error) {
	ctx := context.Background()
	source, err := w.session.box.Store.Entry(ctx, b.items[i].id)
	if err != nil {
		return placed{}, err
	}
	e := t.copyOf(source, b.bodies[i])
	b.carries[i].Mark(&e)
	for _, q := range done {
		ghost, err := w.session.box.Store.Entry(ctx, q.Ghost)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return placed{}, err
		case e.ID == 0 && ghost.Related == source.ID && !ghost.Flags.Has(store.Complete):
			e.ID, e.Parent = ghost.ID, ghost.Parent
		}
		if q.Kind == store.QueueMove {
			e.Related = 0 // as after a move with a connection
		}
	}
	if e.ID != 0 {
		b.Update(&e)
	} else {
		b.Add(&e)
	}
	for _, q := range done {
		b.Fulfil(q)
	}
	return placed{entry: &e}, nil
}

// copyLocal copies whole stored messages, in one commit; both entries share the octets. It
// returns the other messages.
func (w *work) copyLocal(ctx context.Context, t Transfer, wanted []item, settled store.Flags) ([]item, error) {
	here, missing := parted(wanted, func(k int) bool {
		it := &wanted[k]
		return !it.unsure && (it.kind == store.BodyWhole || w.got[it.id] != 0)
	})
	if len(here) == 0 {
		return missing, nil
	}
	ids := idsOf(here)
	sources, err := w.session.box.Store.Entries(ctx, ids)
	if err != nil {
		return nil, err
	}
	bodies, carries := make([]store.Body, len(sources)), make([]Carries, len(sources))
	for i, source := range sources {
		if bodies[i], carries[i], err = w.wholeBody(ctx, source); err != nil {
			return nil, err
		}
	}
	b := &bodyBatch{Batch: w.session.box.Store.NewBatch(), items: here, bodies: bodies, carries: carries}
	list, err := w.placeIn(t)(b)
	if err != nil {
		b.Rollback()
		return nil, err
	}
	b.SetFlags(ids, 0, settled)
	if err := commit(b.Batch); err != nil {
		return nil, err
	}
	for i, at := range list {
		id := b.entryAt(i, at)
		if id == 0 {
			w.result.AlreadyThere++
			continue
		}
		w.result.Stored = append(w.result.Stored, id)
		w.result.Octets += bodies[i].Length
	}
	w.keep(here)
	return missing, nil
}

// wholeBody returns the body of a message, from its entry or from the one that this work has
// stored, and the flags for its contents.
func (w *work) wholeBody(ctx context.Context, source store.Entry) (store.Body, Carries, error) {
	if source.Body.Kind == store.BodyWhole {
		return source.Body, carriesOfEntry(&source), nil
	}
	e, err := w.session.box.Store.Entry(ctx, w.got[source.ID])
	return e.Body, carriesOfEntry(&e), err
}
