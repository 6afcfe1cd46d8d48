package servermtm

import (
	"context"
	"errors"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Result is what a command on messages did, also when it failed.
type Result struct {
	Stored       []store.ID // entries that hold a message now and did not before
	Octets       int64      // of their bodies
	AlreadyThere int        // messages that were there before
	Deleted      int        // DELEs that the server accepted
	Queued       []store.ID // messages for which what was asked waits now

	TooLarge       int   // messages that are larger than was asked for, or than the account allows
	TooLargeOctets int64 // as far as it is known how large they are

	QuitRefused error // what the server answered to QUIT, when it was to delete
}

// work is one command on messages of the mailbox.
type work struct {
	session *Session
	meter   *progress.Meter
	result  Result
	failed  []failedMessage
	safe    []item // whole and durable here, in the order stored

	arrivals   []*message   // by number
	arrived    numberSet    // those of them that are durable here
	turnedDown []turnedDown // those that the server refused, or that are too large

	unproven []store.ID              // not deleted: nothing proves that they are the messages that were listed
	rivals   map[store.ID][]store.ID // messages -> copies that may be theirs, see copies.go
	copied   map[store.ID]bool       // copies that turned out to be of a message

	waits   queue                 // when the messages were chosen
	chosen  []item                // in the pass in hand
	last    bool                  // messages that broke a visit are asked for too
	seen    map[store.ID]bool     // counted in an earlier pass, see resume
	got     map[store.ID]store.ID // messages of the mailbox -> an entry with their whole body, stored by this work
	claimed bool                  // operations may be claimed, see claim
	maxSize int64                 // octets that a message may have; 0 = no limit
	counted bool                  // the progress counts more than the messages in hand
}

// did takes n messages off the progress of a run that counts itself.
func (w *work) did(n int) {
	if w.counted {
		w.meter.Update(func(p *progress.Snapshot) { p.MessagesToProcess -= n })
	}
}

// Messages that a server refuses are listed in the Fault, with the session usable.
// When the disk is full nothing partial stays and the session is usable too, so
// that QUIT can follow.
func (w *work) end(ctx context.Context, step string, err error) (Result, error) {
	err = first(err, w.unclaim())
	w.subjects()
	if err == nil && len(w.failed) == 0 {
		return w.result, nil
	}
	fault, is := errors.AsType[*Fault](fail(ctx, step, symbian.ErrServer, err))
	switch {
	case err == nil:
		fault = &Fault{Step: step, Code: symbian.ErrServer, Failed: w.failed}
		if i := slices.IndexFunc(w.failed, failedMessage.broke); i >= 0 {
			fault.Err = w.failed[i].Err
			fault.Code = codeOf(ctx, symbian.ErrServer, fault.Err)
		}
	case is && len(w.failed) > 0 && len(fault.Failed) == 0 && slices.ContainsFunc(w.failed, failedMessage.broke):
		fault.Failed = w.failed
	}
	return w.result, fault
}

// subjects names the failed messages as their entries do.
func (w *work) subjects() {
	var ids []store.ID
	for _, f := range w.failed {
		if f.ID != 0 {
			ids = append(ids, f.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	known := make(map[store.ID]store.Entry)
	entries, err := w.session.box.Store.Entries(context.Background(), ids)
	if err != nil {
		return // an entry that is gone has no subject
	}
	for _, e := range entries {
		known[e.ID] = e
	}
	for i := range w.failed {
		f := &w.failed[i]
		if e, has := known[f.ID]; has {
			f.Subject = e.Description
			if f.UID == "" {
				f.UID = e.UID
			}
		}
	}
}

func (w *work) refused(it item, err error) {
	if it.id == 0 {
		w.turnedDown = append(w.turnedDown, turnedDown{len(w.failed), it.number})
	}
	w.failed = append(w.failed, failedMessage{ID: it.id, UID: it.uid, Number: it.number, Visits: it.visits, Err: err})
}

// mark sets and clears flags of the mailbox's entries, in one commit.
func (w *work) mark(ids []store.ID, set, unset store.Flags) error {
	if len(ids) == 0 {
		return nil
	}
	b := w.session.box.Store.NewBatch()
	b.SetFlags(ids, set, unset)
	return commit(b)
}

// work starts a command on messages of the session.
func (s *Session) work(meter *progress.Meter) *work {
	s.meter = meter
	return &work{session: s, meter: meter, got: make(map[store.ID]store.ID)}
}

// settle takes off the queue, in one commit, what waited for messages and turns out to be done.
func (w *work) settle(items []item, done func(store.Queued) bool) error {
	b := w.session.box.Store.NewBatch()
	for _, it := range items {
		for _, q := range w.waits[it.id] {
			if done(q) {
				b.Fulfil(q)
			}
		}
	}
	return commit(b)
}

// claim takes what waits for the items for this work, so that nobody takes it back meanwhile. It
// leaves in w.waits what still waits then.
func (w *work) claim(ctx context.Context, items []item) error {
	var ids []store.ID
	for _, it := range items {
		if len(w.waits[it.id]) > 0 {
			ids = append(ids, it.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := w.session.box.Store.Claim(ctx, w.session.held.Token(), ids)
	if err != nil {
		return err
	}
	w.claimed = true
	claimed := byEntry(list)
	for _, id := range ids {
		if w.waits[id] = claimed[id]; len(claimed[id]) == 0 {
			delete(w.waits, id)
		}
	}
	return nil
}

// claimQueue claims the operations of a list, but for the deletes, and returns
// those that still wait.
func (w *work) claimQueue(ctx context.Context, list []store.Queued) ([]store.Queued, error) {
	var ids []store.ID
	known := make(map[int64]bool)
	for _, q := range list {
		if q.Kind != store.QueueDelete {
			ids = append(ids, q.Entry)
			known[q.ID] = true
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	w.claimed = true
	slices.Sort(ids)
	claimed, err := w.session.box.Store.Claim(ctx, w.session.held.Token(), slices.Compact(ids))
	return slices.DeleteFunc(claimed, func(q store.Queued) bool { return !known[q.ID] }), err
}

// unclaim lets others take back what this work has not carried out.
func (w *work) unclaim() error {
	if !w.claimed {
		return nil
	}
	w.claimed = false
	return w.session.box.Store.Unclaim(context.Background(), w.session.held.Token())
}

// turnedDown is an arrival that the server refused to send, or that is too large: its failure
// has no entry to name yet.
type turnedDown struct{ failure, number int }

// noFailure stands in turnedDown for a message that is left out.
const noFailure = -1

// leaveOut counts a message that is too large.
func (w *work) leaveOut(size int64) {
	w.result.TooLarge++
	w.result.TooLargeOctets += size
}

// putOff leaves out messages that broke a visit, for Finish to ask for.
func (w *work) putOff(missing []item, asked late) []item {
	if w.last {
		return missing
	}
	rest := missing[:0:0]
	for _, it := range missing {
		if it.visits == 0 {
			rest = append(rest, it)
			continue
		}
		asked.item = it
		w.session.late = append(w.session.late, asked)
	}
	return rest
}
