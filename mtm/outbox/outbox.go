// Package outbox lists and changes the messages in the Outbox of a store.
// Package autosend sends them.
package outbox

import (
	"context"
	"errors"
	"fmt"

	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Message is a message that was written in this store, with its envelope.
type Message struct {
	store.Entry
	store.Outgoing
}

// Read returns a message that was written in this store, sent or not. The error wraps
// symbian.ErrNotFound when there is no such message.
func Read(ctx context.Context, st *store.Store, id store.ID) (Message, error) {
	e, err := st.Entry(ctx, id)
	if err == nil && e.Type != store.TypeMessage {
		err = fmt.Errorf("entry %d is a %v, not a message: %w", id, e.Type, store.ErrNotFound)
	}
	if errors.Is(err, store.ErrNotFound) {
		err = failure("outbox", symbian.ErrNotFound, err)
	}
	if err != nil {
		return Message{}, err
	}
	o, err := st.Outgoing(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = failure("outbox", symbian.ErrNotFound, fmt.Errorf("message %d was not written here", id))
	}
	return Message{e, o}, err
}

func failure(command string, code symbian.Code, err error) error {
	return fmt.Errorf("%s: %w: %w", command, code, err)
}

// List returns the messages of the Outbox that have an envelope, in the order of their ids.
func List(ctx context.Context, st *store.Store) ([]Message, error) {
	children, err := st.Children(ctx, store.Outbox)
	if err != nil {
		return nil, err
	}
	var list []Message
	for _, e := range children {
		o, err := st.Outgoing(ctx, e.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return nil, err
		default:
			list = append(list, Message{e, o})
		}
	}
	return list, nil
}

// Queue queues messages to be sent the next time that mail is sent: drafts, which it moves to the
// Outbox, and messages of the Outbox that are held, have failed, or wait for a request. Recipients
// that a server refused are tried again. When a message is being sent, is sent already, or cannot
// be sent (ValidateMessage), the error wraps symbian.ErrArgument, and no message is changed.
func Queue(ctx context.Context, st *store.Store, ids ...store.ID) error {
	b := st.NewBatch()
	defer b.Rollback()
	for _, id := range ids {
		m, err := Read(ctx, st, id)
		if err != nil {
			return err
		}
		if err := m.sendable(); err != nil {
			return failure("queue", symbian.ErrArgument, err)
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

// sendable returns an error that names what keeps the message from being sent.
func (m *Message) sendable() error {
	switch parts := m.invalid(); {
	case len(m.Recipients) == 0:
		return fmt.Errorf("message %d has no recipients", m.ID)
	case parts&symbian.PartRecipient != 0:
		return fmt.Errorf("message %d has a recipient that is not an address such as ada@example.org", m.ID)
	case parts&symbian.PartOriginator != 0:
		return fmt.Errorf("the sender of message %d is not an address such as ada@example.org", m.ID)
	case parts&symbian.PartBody != 0:
		return fmt.Errorf("the text of message %d is not whole", m.ID)
	}
	return nil
}

// Hold keeps messages of the Outbox from being sent until Queue. The sending of a message that has
// begun stops at the sender's next check. When a message is sent already, the error wraps
// symbian.ErrArgument, and no message is changed.
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

// Discard deletes messages of the Outbox without sending them, all or none.
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
	m, err := Read(ctx, st, id)
	if err == nil && m.Parent != store.Outbox {
		err = failure(command, symbian.ErrNotFound, fmt.Errorf("message %d is not in the Outbox", id))
	}
	return err
}

func inState(command string, err error) error {
	if errors.Is(err, store.ErrSending) {
		return failure(command, symbian.ErrArgument, err)
	}
	return err
}
