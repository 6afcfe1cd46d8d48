package servermtm

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// problem says why an operation can never be carried out, "" when it can.
func (m *Mailbox) problem(ctx context.Context, q store.Queued) (string, error) {
	switch {
	case !q.Kind.Known():
		return fmt.Sprintf("nobody knows an operation of %s", q.Kind), nil
	case q.Lines < 0:
		return fmt.Sprintf("%d lines cannot be fetched", q.Lines), nil
	case !q.Kind.Adds():
		return "", nil
	}
	folder, err := m.Store.Entry(ctx, q.Into)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Sprintf("the folder %d of the %s is gone", q.Into, q.Kind), nil
	}
	if err == nil && folder.Type != store.TypeFolder {
		return fmt.Sprintf("%d, where the %s goes, is not a folder", q.Into, q.Kind), nil
	}
	return "", err
}

// failure names what waited for a message; the entry says which message that is.
func (m *Mailbox) failure(ctx context.Context, q store.Queued, err error) failedMessage {
	f := failedMessage{ID: q.Entry, Err: err}
	if e, missing := m.Store.Entry(ctx, q.Entry); missing == nil {
		f.UID = e.UID
	}
	return f
}

// dropQueued takes off the queue what waits for messages that the server has lost. The deletes
// among it are as good as done; the rest is lost, and Connect tells so.
func (m *Mailbox) dropQueued(ctx context.Context, b *store.Batch, gone map[store.ID]bool) (dropped []failedMessage, err error) {
	list, err := m.Store.Queue(ctx, m.Service)
	for _, q := range list {
		if !gone[q.Entry] {
			continue
		}
		b.Unqueue(q.ID)
		if q.Kind != store.QueueDelete {
			dropped = append(dropped, m.failure(ctx, q, fmt.Errorf("the server has it no more: nothing to %s", q.Kind)))
		}
	}
	return dropped, err
}
