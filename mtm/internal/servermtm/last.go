package servermtm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// A message that broke a visit is requested last, once per command, over a connection in which no
// delete is outstanding, so that nothing is lost when it breaks the connection again.

// Finish requests the messages that were put off, each over a connection in which no delete is
// outstanding. With stay it leaves the session connected if possible.
func (s *Session) Finish(ctx context.Context, meter *progress.Meter, stay bool) (Result, error) {
	list := s.late
	s.late = nil
	if len(list) == 0 {
		return Result{}, nil
	}
	list = slices.DeleteFunc(list, func(l late) bool { // a message includes its header
		return l.header && slices.ContainsFunc(list, func(other late) bool { return other.id == l.id && !other.header })
	})
	slices.SortStableFunc(list, func(a, b late) int { return a.visits - b.visits })
	w := s.work(meter)
	w.last = true
	err := w.finish(ctx, list)
	if stay && err == nil && s.Lost() && ctx.Err() == nil {
		_ = s.reconnect(ctx, nil, 0, nil) // everything requested is done; if this fails the session is lost
	}
	result, err := w.end(ctx, "fetching messages that broke the connection before", err)
	return result, err
}

func (w *work) finish(ctx context.Context, list []late) error {
	broke := make(map[store.ID]bool)
	fruitless := 0
	for i, l := range list {
		if broke[l.id] {
			continue // the failure is listed already
		}
		if fruitless == mostFruitless {
			w.putOffAgain(ctx, list[i:], broke, fmt.Errorf("not requested now, after %d others broke the connection", fruitless))
			return nil
		}
		if err := w.ready(ctx); err != nil {
			if ctx.Err() == nil {
				w.putOffAgain(ctx, list[i:], broke, fmt.Errorf("not requested now: %w", err))
				return nil
			}
			return err
		}
		err := w.attempt(ctx, l)
		broken, is := errors.AsType[*brokenError](err)
		if is && broken.number == 0 && ctx.Err() == nil { // the message was fetched before the connection ended
			if err = w.ready(ctx); err == nil {
				err = w.attempt(ctx, l)
			}
			broken, is = errors.AsType[*brokenError](err)
		}
		if !is && err != nil {
			return err
		}
		if !is || ctx.Err() != nil {
			fruitless = 0
			continue
		}
		b, err := w.session.note(broken)
		if err != nil {
			return err
		}
		w.failed = append(w.failed, b)
		broke[l.id] = true
		fruitless++
	}
	return nil
}

// putOffAgain lists messages that are not requested as failed.
func (w *work) putOffAgain(ctx context.Context, list []late, listed map[store.ID]bool, why error) {
	for _, l := range list {
		if listed[l.id] {
			continue
		}
		listed[l.id] = true
		b := &Broken{ID: l.id, Number: l.number, Visits: l.visits, Err: why}
		if e, err := w.session.box.Store.Entry(ctx, l.id); err == nil {
			b.Subject = e.Description
		}
		w.failed = append(w.failed, failureOf(l.uid, b))
	}
}

// ready makes another connection when deletes are outstanding in the current
// one, or when it is lost.
func (w *work) ready(ctx context.Context) error {
	if !w.session.Lost() {
		waits, err := w.deletesWait(ctx)
		if err != nil || w.session.deleted == 0 && !waits {
			return err
		}
		left, err := w.session.leave(ctx, w.meter)
		w.result.Deleted += left.Deleted
		w.result.QuitRefused = first(w.result.QuitRefused, left.QuitRefused)
		if err != nil {
			return err
		}
	}
	return w.session.reconnect(ctx, nil, w.session.box.Wire.Timeout, nil)
}

// deletesWait reports whether deletes are outstanding.
func (w *work) deletesWait(ctx context.Context) (bool, error) {
	list, err := w.session.box.Store.Queue(ctx, w.session.box.Service)
	return slices.ContainsFunc(list, func(q store.Queued) bool {
		_, listed := w.session.view.numbers.of(q.Entry)
		return listed && q.Kind == store.QueueDelete && q.Problem == ""
	}), err
}

// attempt requests one message, and again after a loss of the connection that the
// message did not cause.
func (w *work) attempt(ctx context.Context, l late) error {
	for {
		err := w.try(ctx, l)
		_, is := errors.AsType[*brokenError](err)
		paused := errors.Is(err, errPaused)
		if is && !w.session.closed() || !is && !paused && !w.session.resumable(ctx, err) || ctx.Err() != nil {
			return err
		}
		if paused {
			w.session.pause(ctx)
		}
		if err = w.session.reconnect(ctx, err, 0, nil); err != nil {
			return err
		}
	}
}

// try requests one message.
func (w *work) try(ctx context.Context, l late) error {
	w.begin(false)
	only := Choice{Selection: []store.ID{l.id}}
	switch {
	case l.header:
		return w.tryHeader(ctx, l.id)
	case l.transfer != nil:
		t := *l.transfer
		only.waiting = t.waiting
		t.Choice = only
		w.meter.Enter(t.phase())
		return first(w.transfer(ctx, t), w.fillHeader(ctx, l.id))
	default:
		p := *l.populate
		only.waiting = p.waiting
		p.Choice = only
		w.meter.Enter(p.phase())
		return first(w.populate(ctx, p, l.lines), w.fillHeader(ctx, l.id))
	}
}

// tryHeader requests the header of a message whose entry has none.
func (w *work) tryHeader(ctx context.Context, id store.ID) error {
	number, listed := w.session.view.numbers.of(id)
	e, err := w.session.box.Store.Entry(ctx, id)
	if err != nil || !listed || e.Body.Kind != store.BodyNone {
		return err
	}
	w.session.headless[number] = id
	list := &picks{of: w.session.view.listing}
	list.add(list.of.index(number))
	failed, err := w.showHeaders(ctx, list)
	w.failed = append(w.failed, failed...)
	return err
}

// fillHeader completes the entry of a message without a header, and its copy,
// from the fetched message.
func (w *work) fillHeader(ctx context.Context, id store.ID) error {
	e, err := w.session.box.Store.Entry(ctx, id)
	if len(w.result.Stored) == 0 || err == nil && e.Description+e.Details+e.MessageID != "" {
		return err
	}
	ids := []store.ID{w.result.Stored[len(w.result.Stored)-1]}
	if err == nil && ids[0] != id {
		ids = append(ids, id)
	} else if err != nil && !errors.Is(err, store.ErrNotFound) { // a move has deleted it
		return err
	}
	raw, err := w.session.box.headerOf(ctx, ids[0])
	if err != nil {
		return err
	}
	raw = cutHeader(raw)
	b := w.session.box.Store.NewBatch()
	for _, id := range ids {
		if err := w.fillEntry(ctx, b, id, raw); err != nil {
			b.Rollback()
			return err
		}
	}
	return commit(b)
}

// fillEntry fills an entry from a header.
func (w *work) fillEntry(ctx context.Context, b *store.Batch, id store.ID, raw []byte) error {
	e, err := w.session.box.Store.Entry(ctx, id)
	if err != nil {
		return err
	}
	w.session.complete(&e, raw)
	if e.Body.Kind == store.BodyNone {
		e.Body, err = writeBody(b, w.session.origin(e.UID), raw)
	}
	b.Update(&e)
	return err
}
