package servermtm

import (
	"context"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Populate fetches messages into their mailbox entries (behaviour section 5, "Populate" and
// "Top-populate"). Complete entries are skipped, with Top also those that are complete in part.
func (s *Session) Populate(ctx context.Context, meter *progress.Meter, p Populate) (Result, error) {
	lines, step := wholeMessage, "populating messages"
	if p.Top {
		lines, step = p.Lines, "populating the tops of messages"
	}
	meter.Enter(p.phase())
	s.skip = p.skips()
	w := s.work(meter)
	return w.end(ctx, step, w.persist(ctx, nil, func() error { return w.populate(ctx, p, lines) }))
}

func (w *work) populate(ctx context.Context, p Populate, lines int) error {
	w.begin(false)
	p.Choice.populate = true
	wanted, err := w.choose(ctx, p.Choice)
	if err != nil {
		return err
	}
	done, here, missing := p.split(wanted)
	p.sort(missing)
	w.result.AlreadyThere += w.unseen(done)
	err = w.settle(done, func(q store.Queued) bool { return p.fulfils(q) })
	if err == nil && !p.queued {
		err = first(w.mark(idsOf(missing), store.PendingPopulate, 0), w.mark(pendingOf(done), 0, store.PendingPopulate))
	}
	if err == nil {
		err = w.fillLocal(ctx, here)
		w.keep(here)
	}
	w.did(len(done) + len(here))
	if err == nil {
		missing = w.putOff(missing, late{populate: &p, lines: lines})
		err = w.fetch(ctx, errandsOf(missing, nil), lines, w.fillFetched, store.PendingPopulate)
	}
	return err
}

// fillLocal completes entries whose bodies were fetched by the refresh.
func (w *work) fillLocal(ctx context.Context, here []item) error {
	if len(here) == 0 {
		return nil
	}
	sources, err := w.session.box.Store.Entries(ctx, idsOf(here))
	if err != nil {
		return err
	}
	b := w.session.box.Store.NewBatch()
	for _, source := range sources {
		w.fill(b, source, source.Body, Carries{})
	}
	if err := commit(b); err != nil {
		return err
	}
	for _, source := range sources {
		w.result.Stored = append(w.result.Stored, source.ID)
		w.result.Octets += source.Body.Length
	}
	return nil
}

// fillFetched is the placer of populates.
func (w *work) fillFetched(b *bodyBatch) ([]placed, error) {
	sources, err := w.session.box.Store.Entries(context.Background(), idsOf(b.items))
	if err != nil {
		return nil, err
	}
	list := make([]placed, len(sources))
	for i, source := range sources {
		w.fill(b.Batch, source, b.bodies[i], b.carries[i])
		list[i] = placed{id: source.ID}
	}
	return list, nil
}

// fill adds the message to its mailbox entry, and removes the queued operations that it fulfils.
func (w *work) fill(b *store.Batch, source store.Entry, body store.Body, carries Carries) {
	e := filled(source, body)
	carries.Mark(&e)
	b.Update(&e)
	done := Populate{Top: body.Kind == store.BodyPartial}
	for _, q := range w.waits[source.ID] {
		if done.fulfils(q) {
			b.Unqueue(q.ID)
		}
	}
}
