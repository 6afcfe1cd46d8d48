package servermtm

import (
	"context"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// QueueDelete has messages of the mailbox deleted when the next session, or the one
// that stands, ends with QUIT (behaviour section 6). It needs no connection.
func (m *Mailbox) QueueDelete(ctx context.Context, meter *progress.Meter, messages []store.ID) error {
	meter.Enter(progress.Deleting)
	return m.setOperation(ctx, meter, "queueing deletes", messages, store.OpDelete)
}

// CancelOffline takes back what waits for the selected messages (behaviour section 6).
func (m *Mailbox) CancelOffline(ctx context.Context, meter *progress.Meter, messages []store.ID) error {
	meter.Enter(progress.CancellingOfflineOps)
	return m.setOperation(ctx, meter, "cancelling what waits", messages, store.OpNone)
}

// setOperation changes what waits for messages, in one commit. Ids that are no
// messages of the mailbox are passed over.
func (m *Mailbox) setOperation(ctx context.Context, meter *progress.Meter, step string, messages []store.ID, op store.EmailFlags) error {
	b := m.Store.NewBatch()
	changed := 0
	err := m.eachSelected(ctx, messages, func(e store.Entry) {
		if e.Email.Operation() == op {
			return
		}
		e.Email = e.Email.WithOperation(op)
		e.Flags = e.Flags.With(store.Operation)
		if op == store.OpNone {
			e.Flags = e.Flags.Without(store.Operation)
		}
		b.Update(&e)
		changed++
	})
	if err == nil {
		err = commit(b)
	} else {
		b.Rollback()
	}
	meter.Update(func(p *progress.Snapshot) { p.TotalMessages = changed })
	return fail(ctx, step, progress.Unknown, err)
}

// eachSelected calls f for the selected entries of the mailbox.
func (m *Mailbox) eachSelected(ctx context.Context, messages []store.ID, f func(store.Entry)) error {
	selected := make(map[store.ID]bool, len(messages))
	for _, id := range messages {
		selected[id] = true
	}
	return m.Store.Each(ctx, m.Service, func(e *store.Entry) error {
		if selected[e.ID] && e.Type == store.TypeMessage {
			f(*e)
		}
		return nil
	})
}

// deleteQueued carries out the deletes that wait, before QUIT.
func (s *Session) deleteQueued(ctx context.Context, meter *progress.Meter) error {
	w := &work{Session: s, meter: meter}
	queued, err := w.queued(ctx)
	if err == nil && len(queued) > 0 {
		meter.Enter(progress.Deleting)
		meter.Update(func(p *progress.Snapshot) {
			p.TotalMessages, p.MessagesToProcess = len(queued), len(queued)
		})
		err = w.delete(ctx, queued)
	}
	_, err = w.end(ctx, "deleting queued messages", err)
	return err
}

// queued lists the messages whose delete waits and that the server has.
func (s *Session) queued(ctx context.Context) ([]item, error) {
	var queued []item
	err := s.Store.Each(ctx, s.Service, func(e *store.Entry) error {
		number, listed := s.numbers[e.ID]
		if listed && e.Flags.Has(store.Operation) && e.Email.Operation() == store.OpDelete {
			queued = append(queued, item{id: e.ID, uid: e.UID, number: number, size: e.Size, kind: e.Body.Kind})
		}
		return nil
	})
	return queued, err
}
