package autosend

import (
	"context"

	"pop3mtm/mtm/store"
)

// job is a message to be sent, and the states in which it may be when it is leased.
type job struct {
	id   store.ID
	from []store.SendingState
}

// pick returns the messages to send: those of the Outbox that wait, in the order of their ids, and
// the selection.
func (r *run) pick(ctx context.Context) ([]job, error) {
	selected := make(map[store.ID]bool, len(r.o.Selection))
	for _, id := range r.o.Selection {
		selected[id] = true
	}
	var jobs []job
	err := r.store.Each(ctx, store.Outbox, func(e *store.Entry) error {
		if from := r.wanted(e, selected[e.ID]); from != nil {
			jobs = append(jobs, job{e.ID, from})
		}
		return nil
	})
	if err != nil {
		return nil, storeError(ctx, "reading the Outbox", err)
	}
	return jobs, nil
}

// wanted returns the states from which the message may be sent, nil when it is not to be sent.
// Sending is one of them, for a message of a program that died: its lease has ended.
func (r *run) wanted(e *store.Entry, selected bool) []store.SendingState {
	if e.Type != store.TypeMessage || e.Service != r.service || e.Flags.Has(store.InPreparation) {
		return nil
	}
	waiting := []store.SendingState{store.SendWaiting, store.SendScheduled, store.SendResend}
	switch e.Sending {
	case store.SendWaiting, store.SendScheduled, store.SendResend, store.SendSending:
		return waiting
	case store.SendSent, store.SendNotApplicable:
		return nil
	default:
		if selected {
			return append(waiting, e.Sending)
		}
		return nil
	}
}
