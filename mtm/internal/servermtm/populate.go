package servermtm

import (
	"context"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Populate says which messages of the mailbox are fetched in place, and how far.
type Populate struct {
	Choice
	Top   bool // only the header and Lines lines of the body, by TOP
	Lines int

	queued bool // it was asked for offline: the queue remembers it
}

// Populate fills entries of the mailbox with their messages (behaviour section 5,
// "Populate" and "Top-populate"). Entries that are complete are passed over: with Top
// also those that are complete in part.
func (s *Session) Populate(ctx context.Context, meter *progress.Meter, p Populate) (Outcome, error) {
	lines, step := wholeMessage, "populating messages"
	if p.Top {
		lines, step = p.Lines, "populating the tops of messages"
	}
	meter.Enter(p.phase())
	s.skip = p.skips()
	w := s.work(meter)
	return w.end(ctx, step, w.persist(ctx, func() error { return w.populate(ctx, p, lines) }))
}

func (p Populate) phase() progress.Phase {
	if p.Top {
		return progress.TopPopulating
	}
	return progress.Populating
}

func (w *work) populate(ctx context.Context, p Populate, lines int) error {
	w.safe = nil
	p.Choice.populate = true
	wanted, err := w.choose(ctx, p.Choice)
	if err != nil {
		return err
	}
	done, here, missing := p.sort(wanted)
	w.outcome.AlreadyThere += w.unseen(done)
	err = w.settle(done, func(q store.Queued) bool { return p.fulfils(q) })
	if err == nil && !p.queued {
		err = first(w.mark(idsOf(missing), store.PendingPopulate, 0), w.mark(pendingOf(done), 0, store.PendingPopulate))
	}
	if err == nil {
		err = w.fillLocal(ctx, here)
		w.safe = append(w.safe, here...)
	}
	w.did(len(done) + len(here))
	if err == nil {
		missing = w.putOff(missing, late{populate: &p, lines: lines})
		err = w.fetch(ctx, missing, lines, w.fillFetched, store.PendingPopulate)
	}
	return err
}

// sort says what is done already, what is here and only has to be shown, and what is missing.
func (p Populate) sort(wanted []item) (done, here, missing []item) {
	for _, it := range wanted {
		switch {
		case it.complete && (p.Top || it.kind == store.BodyWhole):
			done = append(done, it)
		case it.kind == store.BodyWhole:
			here = append(here, it)
		default:
			missing = append(missing, it)
		}
	}
	return done, here, missing
}

// pendingOf are the entries of messages that were asked for before.
func pendingOf(items []item) (ids []store.ID) {
	for _, it := range items {
		if it.pending {
			ids = append(ids, it.id)
		}
	}
	return ids
}

// fulfils says whether what waits asks for no more than p does.
func (p Populate) fulfils(q store.Queued) bool {
	return q.Kind == store.QueueTop || (q.Kind == store.QueuePopulate && !p.Top)
}

// fillLocal completes entries whose bodies came with the refresh.
func (w *work) fillLocal(ctx context.Context, here []item) error {
	if len(here) == 0 {
		return nil
	}
	sources, err := w.Store.Entries(ctx, idsOf(here))
	if err != nil {
		return err
	}
	b := w.Store.NewBatch()
	for _, source := range sources {
		w.fill(b, source, source.Body, Carries{})
	}
	if err := commit(b); err != nil {
		return err
	}
	for _, source := range sources {
		w.outcome.Stored = append(w.outcome.Stored, source.ID)
		w.outcome.Octets += source.Body.Length
	}
	return nil
}

// fillFetched is the placer of populates.
func (w *work) fillFetched(b *bodyBatch) ([]*store.ID, error) {
	sources, err := w.Store.Entries(context.Background(), idsOf(b.items))
	if err != nil {
		return nil, err
	}
	holders := make([]*store.ID, len(sources))
	for i, source := range sources {
		holders[i] = w.fill(b.Batch, source, b.bodies[i], b.carries[i])
	}
	return holders, nil
}

// fill gives an entry of the mailbox its message, and ends what waited for that.
func (w *work) fill(b *store.Batch, source store.Entry, body store.Body, carries Carries) *store.ID {
	e := filled(source, body)
	carries.Mark(&e)
	b.Update(&e)
	done := Populate{Top: body.Kind == store.BodyPartial}
	for _, q := range w.waits[source.ID] {
		if done.fulfils(q) {
			b.Unqueue(q.ID)
		}
	}
	return &e.ID
}

// filled is an entry of the mailbox with its message. A message of which the server has
// more is partial. Size stays what LIST told (behaviour section 0).
func filled(source store.Entry, body store.Body) store.Entry {
	e := source
	e.Body = body
	e.Flags = e.Flags.Without(store.PendingPopulate).With(store.Complete)
	e.Email = e.Email.With(store.BodyTextComplete).Without(store.PartialDownload)
	if body.Kind == store.BodyPartial {
		e.Email = e.Email.With(store.PartialDownload)
		e.Flags = e.Flags.Without(store.New)
	}
	return e
}
