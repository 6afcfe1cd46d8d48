package servermtm

import (
	"context"
	"errors"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Outcome is what a command on messages did, also when it failed.
type Outcome struct {
	Stored       []store.ID // entries that hold a message now and did not before
	Octets       int64      // of their bodies
	AlreadyThere int        // messages that were there before
	Deleted      int        // DELEs that the server accepted
	Queued       []store.ID // messages for which what was asked waits now

	TooLarge       int   // messages that are larger than was asked for, or than the account allows
	TooLargeOctets int64 // as far as it is known how large they are
}

// work is one command on messages of the mailbox.
type work struct {
	*Session
	meter   *progress.Meter
	outcome Outcome
	failed  []Failure
	safe    []item // whole and durable here, in the order stored

	arrivals   []*message   // by number
	kept       int          // the highest number of which the message is durable here
	turnedDown []turnedDown // by number

	unproven []store.ID              // not deleted: nothing proves that they are the messages that were listed
	rivals   map[store.ID][]store.ID // messages -> copies that may be theirs, see copies.go
	copied   map[store.ID]bool       // copies that turned out to be of a message

	waits   queue                 // when the messages were chosen
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
func (w *work) end(ctx context.Context, step string, err error) (Outcome, error) {
	err = first(err, w.unclaim())
	w.subjects()
	if err == nil && len(w.failed) == 0 {
		return w.outcome, nil
	}
	fault, is := errors.AsType[*Fault](fail(ctx, step, progress.ServerProblem, err))
	switch {
	case err == nil:
		fault = &Fault{Step: step, Code: progress.ServerProblem, Failed: w.failed}
		if i := slices.IndexFunc(w.failed, Failure.broke); i >= 0 {
			fault.Err = w.failed[i].Err
			fault.Code = codeOf(ctx, progress.ServerProblem, fault.Err)
		}
	case is && len(w.failed) > 0 && len(fault.Failed) == 0 && slices.ContainsFunc(w.failed, Failure.broke):
		fault.Failed = w.failed
	}
	return w.outcome, fault
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
	entries, err := w.Store.Entries(context.Background(), ids)
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
	w.failed = append(w.failed, Failure{ID: it.id, UID: it.uid, Number: it.number, Visits: it.visits, Err: err})
}

// placer puts the messages of a batch into it. Where its commit sets the ids of the entries
// that hold them from then on is told in the same order; nil for a message that was there.
type placer func(b *bodyBatch) ([]*store.ID, error)

// wholeMessage asks fetch for RETR instead of TOP.
const wholeMessage = -1

// mark sets and clears flags of the mailbox's entries, in one commit.
func (w *work) mark(ids []store.ID, set, unset store.Flags) error {
	if len(ids) == 0 {
		return nil
	}
	b := w.Store.NewBatch()
	b.SetFlags(ids, set, unset)
	return commit(b)
}

// fetch gets messages from the server, by number, whole or up to a number of lines of the body,
// and stores them in synced batches; the mailbox's entries lose the settled flags
// with it. Reading and storing overlap.
func (w *work) fetch(ctx context.Context, items []item, lines int, place placer, settled store.Flags) error {
	var total int64
	numbers := make([]int, len(items))
	for i, it := range items {
		numbers[i] = it.number
		total += it.size
	}
	w.meter.Update(func(p *progress.Snapshot) {
		p.TotalSize = total
		if !w.counted {
			p.TotalMessages, p.MessagesToProcess = len(items), len(items)
		}
	})
	if len(items) == 0 {
		return nil
	}
	if lines == wholeMessage {
		if err := w.room(total + reserve); err != nil {
			return err
		}
	}
	s := newBodySink(w, items, lines, place, settled)
	w.wire.LimitBody(discarded(w.ceiling(w.maxSize)))
	defer w.limitHeaders()
	var err error
	if lines == wholeMessage {
		err = w.wire.RetrAll(ctx, numbers, s)
	} else {
		err = w.wire.TopAll(ctx, numbers, lines, s)
	}
	if broken := s.broken(ctx, err, numbers); broken != nil {
		return first(s.finish(), broken)
	}
	return first(err, s.finish())
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// delete deletes messages on the server, and their entries here where it agreed.
// The server carries it out at QUIT (RFC 1939 section 6).
func (w *work) delete(ctx context.Context, items []item) error {
	gone, err := w.dele(ctx, items)
	w.Session.deleted += len(gone)
	if err != nil || len(gone) == 0 {
		return err // without QUIT the server forgets the deletes: the entries stay
	}
	w.outcome.Deleted += len(gone)
	return w.forget(ctx, gone)
}

// lastFirst sorts items by number, the highest first. QUIRK 63: smtp4dev deletes at once, and the
// numbers behind become less; from the end on, none of a message that is asked for does
// (session-smtp4dev).
func lastFirst(items []item) []item {
	slices.SortFunc(items, func(a, b item) int { return b.number - a.number })
	return items
}

// dele asks the server to delete messages that are proven to be those of their entries, and returns those to which it agreed.
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
	next := 0 // the answers come in the order of the commands
	err = w.wire.DeleAll(ctx, numbers, func(n int, err error) error {
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
	service, err := s.Store.Entry(ctx, s.Service)
	if err != nil {
		return err
	}
	service.RemoteCount = max(0, s.remote-len(gone))
	b := s.Store.NewBatch()
	b.Update(&service)
	b.Delete(gone...)
	if err := commit(b); err != nil {
		return err
	}
	s.remote = service.RemoteCount
	for _, id := range gone {
		s.numbers.set(id, 0)
	}
	return nil
}
