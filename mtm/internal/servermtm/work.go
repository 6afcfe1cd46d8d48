package servermtm

import (
	"context"
	"errors"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Result holds what a command on messages did, also when it failed.
type Result struct {
	Stored       []store.ID // entries that got a message
	Octets       int64      // of their bodies
	AlreadyThere int        // messages of which the folder had a copy before
	Deleted      int        // DELEs that the server accepted
	Queued       []store.ID // messages for which an operation was queued

	TooLarge       int   // messages that are larger than the command or the account allows
	TooLargeOctets int64 // their size, as far as it is known

	QuitRefused error // the refusal of QUIT, if messages were to be deleted
}

// work holds one command on messages of the mailbox.
type work struct {
	session *Session
	meter   *progress.Meter
	result  Result
	failed  []failedMessage
	moving  bool   // messages are deleted on the server afterwards
	safe    []item // of a move: messages that are stored and durable, in the order of storing
	kept    idSet  // of other commands: the mailbox entries of these messages

	arrivals   *picks
	arrived    numberSet    // arrivals that are durable
	turnedDown []turnedDown // arrivals that the server refused, or that are too large

	unproven []store.ID              // not deleted, since they are not proven to be the listed messages
	rivals   map[store.ID][]store.ID // message -> copies that may belong to it, see copies.go
	copied   map[store.ID]bool       // copies that turned out to belong to a message

	waits   queue                 // the queue when the messages were chosen
	chosen  []item                // in the current pass
	last    bool                  // messages that broke a visit are requested too
	seen    idSet                 // messages counted in an earlier pass, see resume
	got     map[store.ID]store.ID // message of the mailbox -> an entry with its whole body, stored by this work
	claimed bool                  // operations may have been claimed, see claim
	maxSize int64                 // largest message, in octets; 0 = no limit
	counted bool                  // the progress counts more than the current messages
}

// keep records messages that are stored and durable. Of a large mailbox only a move needs more of
// them than their entries.
func (w *work) keep(items []item) {
	if w.moving {
		w.safe = append(w.safe, items...)
		return
	}
	for _, it := range items {
		w.kept.add(it.id)
	}
}

// begin begins another pass, or another command.
func (w *work) begin(moving bool) { w.safe, w.kept, w.moving = nil, nil, moving }

// did subtracts n messages from the progress of a run that counts itself.
func (w *work) did(n int) {
	if w.counted {
		w.meter.Update(func(p *progress.Snapshot) { p.MessagesToProcess -= n })
	}
}

// end returns the result and error of the command. Messages that the server refuses are listed in
// the Fault, and the session stays usable. It also does when the disk is full: no incomplete
// message stays, and QUIT can follow.
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

// subjects adds the subjects of the entries to the failed messages.
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
		return // a deleted entry has no subject
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

// settle removes, in one commit, the queued operations of messages that turn out to be done.
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

// claim claims the queued operations of the items for this work, so that nobody takes them back
// meanwhile. It sets w.waits to those that are still queued.
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

// claimQueue claims the operations of a list except deletes, and returns those
// that are still queued.
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

// unclaim releases the claims on operations that this work has not carried out.
func (w *work) unclaim() error {
	if !w.claimed {
		return nil
	}
	w.claimed = false
	return w.session.box.Store.Unclaim(context.Background(), w.session.held.Token())
}

// turnedDown is an arrival that the server refused or that is too large. Its failure
// cannot name an entry yet.
type turnedDown struct{ failure, number int }

// noFailure is the failure in turnedDown of a message that is left out.
const noFailure = -1

// leaveOut counts a message that is too large.
func (w *work) leaveOut(size int64) {
	w.result.TooLarge++
	w.result.TooLargeOctets += size
}

// putOff leaves out messages that broke a visit. Finish requests them.
func (w *work) putOff(missing []item, asked late) []item {
	if w.last {
		return missing
	}
	rest, late := parted(missing, func(k int) bool { return missing[k].visits == 0 })
	for _, it := range late {
		asked.item = it
		w.session.late = append(w.session.late, asked)
	}
	return rest
}
