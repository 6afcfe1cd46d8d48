package autosend

import (
	"context"
	"errors"
	"time"

	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// verdict describes how sending a message ended.
type verdict struct {
	state store.SendingState // the new state of the message
	err   error              // why it was not sent, or not to all recipients
	lost  bool               // the connection cannot be used any more
}

// lastWord limits the commit of an outcome after the run was cancelled.
const lastWord = 10 * time.Second

// finish stores the outcome of a message and releases its lease, in one commit. An error ends the
// run.
func (r *run) finish(ctx context.Context, m *message, v verdict) error {
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord+r.o.Lease)
	defer cancel()
	err := r.commit(saving, m, v)
	if errors.Is(err, store.ErrSending) { // suspended in the meantime: that stays
		v.state = store.SendSuspended
		err = r.commit(saving, m, v)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil // deleted in the meantime
	case errors.Is(err, store.ErrLeased):
		r.count(Attempt{m.id, store.SendFailed, &Error{Step: "storing the result of a message", Code: symbian.ErrInUse, Err: err}})
		return nil
	case err != nil:
		return storeError(saving, "storing the result of a message", err)
	}
	r.count(Attempt{m.id, v.state, v.err})
	return nil
}

func (r *run) commit(ctx context.Context, m *message, v verdict) error {
	entry, err := r.store.Entry(ctx, m.id)
	if err != nil {
		return err
	}
	b := r.store.NewBatch()
	o := m.envelope
	o.Code, o.Reason = 0, ""
	if v.err != nil {
		o.Reason = v.err.Error()
		if e, ok := errors.AsType[*Error](v.err); ok {
			o.Code = int(e.Code)
		}
	}
	switch v.state {
	case store.SendSent:
		entry.Parent, entry.Sending, entry.Flags = store.Sent, store.SendSent, entry.Flags.Without(store.Failed)
		b.Update(&entry)
	case store.SendSuspended:
		b.SetSending(m.id, store.SendSuspended, store.SendSending, store.SendSuspended)
	default:
		b.SetSending(m.id, v.state, store.SendSending)
		b.SetFlags([]store.ID{m.id}, store.Failed, 0)
	}
	b.SetOutgoing(&entry, o)
	b.Release(m.id, r.owner)
	return b.Commit(ctx)
}
