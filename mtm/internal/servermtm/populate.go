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
}

// Populate fills entries of the mailbox with their messages (behaviour section 5,
// "Populate" and "Top-populate"). Entries that are complete are passed over: with Top
// also those that are complete in part.
func (s *Session) Populate(ctx context.Context, meter *progress.Meter, p Populate) (Outcome, error) {
	phase, lines, step := progress.Populating, wholeMessage, "populating messages"
	if p.Top {
		phase, lines, step = progress.TopPopulating, p.Lines, "populating the tops of messages"
	}
	meter.Enter(phase)
	w := &work{Session: s, meter: meter}
	wanted, err := w.choose(ctx, p.Choice)
	if err != nil {
		return w.end(ctx, step, err)
	}
	missing := wanted[:0:0]
	var here []item
	for _, it := range wanted {
		switch {
		case it.complete && (p.Top || it.kind == store.BodyWhole):
			w.outcome.AlreadyThere++
		case it.kind == store.BodyWhole:
			here = append(here, it)
		default:
			missing = append(missing, it)
		}
	}
	var fresh []store.ID // they stay New, should this session not get to them
	for _, it := range missing {
		if it.new {
			fresh = append(fresh, it.id)
		}
	}
	err = w.mark(fresh, store.Pending, 0)
	if err == nil {
		err = w.fillLocal(ctx, here)
	}
	if err == nil {
		err = w.fetch(ctx, missing, lines, fill, store.Pending)
	}
	return w.end(ctx, step, err)
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
		fill(b, source, source.Body)
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

// fill gives an entry of the mailbox its message. A message of which the server has
// more is partial. Size stays what LIST told (behaviour section 0).
func fill(b *store.Batch, source store.Entry, body store.Body) *store.Entry {
	e := source
	e.Body = body
	e.Flags = e.Flags.Without(store.Pending).With(store.Complete)
	e.Email = e.Email.With(store.BodyTextComplete).Without(store.PartialDownload)
	if body.Kind == store.BodyPartial {
		e.Email = e.Email.With(store.PartialDownload)
		e.Flags = e.Flags.Without(store.New)
	}
	b.Update(&e)
	return &e
}
