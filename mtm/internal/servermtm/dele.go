package servermtm

import (
	"context"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// delete sends DELE for messages, and deletes the entries of those that the server accepts. The
// server deletes at QUIT (RFC 1939 section 6).
func (w *work) delete(ctx context.Context, items []item) error {
	if w.session.ways != nil {
		return w.deleteLater(items)
	}
	gone, err := w.dele(ctx, items)
	w.session.deleted += len(gone)
	if err != nil || len(gone) == 0 {
		return err // without QUIT the server forgets the deletes, so the entries stay
	}
	w.result.Deleted += len(gone)
	return w.session.forget(ctx, gone)
}

// deleteLater queues deletes until the session ends, as in disconnected mode, so that none is
// forgotten when a connection is lost before the reply to QUIT.
func (w *work) deleteLater(items []item) error {
	b := w.session.box.Store.NewBatch()
	for _, it := range items {
		if !w.waits.deletes(it.id) {
			b.Queue(store.Queued{Entry: it.id, Kind: store.QueueDelete}, nil)
		}
	}
	return commit(b)
}

// dele sends DELE for messages that are proven to be those of their entries, and returns the
// entries of those that the server accepts.
func (w *work) dele(ctx context.Context, items []item) ([]store.ID, error) {
	items, err := w.provenOnly(ctx, items)
	if err != nil {
		return nil, err
	}
	numbers := make([]int, len(items))
	for i, it := range items {
		numbers[i] = it.number
	}
	var gone []store.ID
	next := 0 // replies come in the order of the commands
	err = w.session.line.wire.DeleAll(ctx, numbers, func(n int, err error) error {
		w.meter.Update(func(p *progress.Snapshot) { p.MessagesToProcess-- })
		for items[next].number != n {
			next++
		}
		if err != nil {
			w.refused(items[next], err)
			return nil
		}
		gone = append(gone, items[next].id)
		return nil
	})
	return gone, err
}

// forget removes entries of messages that the server is about to delete.
func (s *Session) forget(ctx context.Context, gone []store.ID) error {
	service, err := s.box.Store.Entry(ctx, s.box.Service)
	if err != nil {
		return err
	}
	service.RemoteCount = max(0, s.view.remote-len(gone))
	b := s.box.Store.NewBatch()
	b.Update(&service)
	b.Delete(gone...)
	if s.moving && !s.left { // without QUIT the messages are new again, and still to be moved
		b.SetFact(s.box.Service, store.FactGetAsked, s.owed.get.size)
	}
	if err := commit(b); err != nil {
		return err
	}
	s.view.remote = service.RemoteCount
	for _, id := range gone {
		s.view.numbers.set(id, 0)
	}
	return nil
}
