package mtm

import (
	"context"
	"errors"
	"fmt"

	"pop3mtm/mtm/store"
)

// OutgoingMessage is a message of ours with its envelope.
type OutgoingMessage struct {
	store.Entry
	store.Outgoing
}

// Outgoing reads a message that was made here, sent or not, else ErrNotFound.
func Outgoing(ctx context.Context, st *store.Store, id store.ID) (OutgoingMessage, error) {
	e, err := message(ctx, st, "outbox", id)
	if err != nil {
		return OutgoingMessage{}, err
	}
	o, err := st.Outgoing(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = &Error{Command: "outbox", Code: ErrNotFound, Err: fmt.Errorf("message %d was not made here", id)}
	}
	return OutgoingMessage{e, o}, err
}

// Waiting lists the messages of the Outbox that have an envelope, in the order of their ids.
func Waiting(ctx context.Context, st *store.Store) ([]OutgoingMessage, error) {
	children, err := st.Children(ctx, store.Outbox)
	if err != nil {
		return nil, err
	}
	var list []OutgoingMessage
	for _, e := range children {
		o, err := st.Outgoing(ctx, e.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return nil, err
		default:
			list = append(list, OutgoingMessage{e, o})
		}
	}
	return list, nil
}

// Queue makes messages wait in the Outbox for the next time that mail is sent: drafts, which move there, and those that
// were held back, failed, or wait for a request. Recipients that a server refused are tried again. One that is being
// sent, is sent, or has no recipients is ErrArgument, and then none of them changes.
func Queue(ctx context.Context, st *store.Store, ids ...store.ID) error {
	b := st.NewBatch()
	defer b.Rollback()
	for _, id := range ids {
		m, err := Outgoing(ctx, st, id)
		if err != nil {
			return err
		}
		if len(m.Recipients) == 0 {
			return &Error{Command: "queue", Code: ErrArgument, Err: fmt.Errorf("message %d has no recipients", id)}
		}
		b.SetSending(id, store.SendWaiting, store.SendUnknown, store.SendUponRequest, store.SendWaiting, store.SendScheduled,
			store.SendResend, store.SendSuspended, store.SendFailed)
		entry := m.Entry
		entry.Parent, entry.Sending = store.Outbox, store.SendWaiting
		entry.Flags = entry.Flags.Without(store.Failed | store.InPreparation)
		b.Update(&entry)
		for i, r := range m.Recipients {
			if r.State == store.RecipientRefused {
				m.Recipients[i] = store.Recipient{Address: r.Address}
			}
		}
		b.SetOutgoing(&entry, m.Outgoing)
	}
	return inState("queue", b.Commit(ctx))
}

// Hold keeps messages of the Outbox from being sent until Queue; one that is being sent stops when its sender looks
// next. One that is sent is ErrArgument, and then none of them changes.
func Hold(ctx context.Context, st *store.Store, ids ...store.ID) error {
	b := st.NewBatch()
	defer b.Rollback()
	for _, id := range ids {
		if err := inOutbox(ctx, st, "hold", id); err != nil {
			return err
		}
		b.SetSending(id, store.SendSuspended, store.SendUnknown, store.SendUponRequest, store.SendWaiting, store.SendScheduled,
			store.SendResend, store.SendSuspended, store.SendFailed, store.SendSending)
	}
	return inState("hold", b.Commit(ctx))
}

// Discard deletes messages of the Outbox, unsent.
func Discard(ctx context.Context, st *store.Store, ids ...store.ID) error {
	for _, id := range ids {
		if err := inOutbox(ctx, st, "discard", id); err != nil {
			return err
		}
	}
	b := st.NewBatch()
	b.Delete(ids...)
	return b.Commit(ctx)
}

func inOutbox(ctx context.Context, st *store.Store, command string, id store.ID) error {
	m, err := Outgoing(ctx, st, id)
	if err == nil && m.Parent != store.Outbox {
		err = &Error{Command: command, Code: ErrNotFound, Err: fmt.Errorf("message %d is not in the Outbox", id)}
	}
	return err
}

func inState(command string, err error) error {
	if errors.Is(err, store.ErrSending) {
		return &Error{Command: command, Code: ErrArgument, Err: err}
	}
	return err
}
