package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// queue is what waits for the messages of the mailbox, in the order of queueing.
type queue map[store.ID][]store.Queued

func (m *Mailbox) queue(ctx context.Context) (queue, error) {
	list, err := m.Store.Queue(ctx, m.Service)
	return byEntry(list), err
}

func byEntry(list []store.Queued) queue {
	q := make(queue)
	for _, waits := range list {
		q[waits.Entry] = append(q[waits.Entry], waits)
	}
	return q
}

// has says whether one of the kinds waits for a message.
func (q queue) has(id store.ID, kinds ...store.QueueKind) bool {
	return slices.ContainsFunc(q[id], func(w store.Queued) bool { return slices.Contains(kinds, w.Kind) })
}

// deletes says whether a message is to be deleted as the session ends.
func (q queue) deletes(id store.ID) bool { return q.has(id, store.QueueDelete) }

// work starts a command on messages of the session.
func (s *Session) work(meter *progress.Meter) *work {
	return &work{Session: s, meter: meter, got: make(map[store.ID]store.ID)}
}

// settle takes off the queue, in one commit, what waited for messages and turns out to be done.
func (w *work) settle(items []item, done func(store.Queued) bool) error {
	b := w.Store.NewBatch()
	for _, it := range items {
		for _, q := range w.waits[it.id] {
			if done(q) {
				b.Fulfil(q)
			}
		}
	}
	return commit(b)
}
