package servermtm

import (
	"context"
	"errors"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// stage is a step of running the queue: the operations of one kind, in the order of the kinds
// (behaviour section 6).
type stage struct {
	phase progress.Phase
	step  string
	kind  store.QueueKind
}

func stages() []stage {
	return []stage{
		{progress.Populating, "populating queued messages", store.QueuePopulate},
		{progress.TopPopulating, "populating the tops of queued messages", store.QueueTop},
		{progress.Copying, "copying queued messages", store.QueueCopy},
		{progress.Moving, "moving queued messages", store.QueueMove},
	}
}

// runQueue carries out the queued operations except deletes. The commit that stores a message
// removes its operation. A message that the server refuses stays queued, and the run continues;
// after any other failure the remaining operations stay queued. An invalid record is set aside, and
// counts as a failure once.
func (s *Session) runQueue(ctx context.Context, meter *progress.Meter) (Result, error) {
	if s.line.settings.SyncLimit == 0 {
		return Result{}, nil // the mailbox was not refreshed
	}
	const step = "reading the queue"
	w := s.work(meter)
	w.failed = s.dropped
	list, err := s.box.Store.Queue(ctx, s.box.Service)
	if err == nil {
		list, err = w.sift(ctx, list)
	}
	if err == nil {
		list, err = w.claimQueue(ctx, list)
	}
	if err != nil {
		return w.end(ctx, step, err)
	}
	last := step
	for _, st := range stages() {
		waiting := slices.DeleteFunc(slices.Clone(list), func(q store.Queued) bool { return q.Kind != st.kind })
		if len(waiting) == 0 {
			continue
		}
		last = st.step
		meter.Enter(st.phase)
		if err := w.stage(ctx, waiting); err != nil {
			return w.end(ctx, st.step, err)
		}
	}
	return w.end(ctx, last, nil)
}

// stage carries out operations of one kind. Those with the same folder or the same number of lines
// are carried out together.
func (w *work) stage(ctx context.Context, list []store.Queued) error {
	w.counted = true
	w.meter.Update(func(p *progress.Snapshot) { p.TotalMessages, p.MessagesToProcess = len(list), len(list) })
	for len(list) > 0 {
		first := list[0]
		choice := Choice{Selection: []store.ID{}, waiting: true}
		var rest []store.Queued
		for _, q := range list {
			if q.Into != first.Into || q.Lines != first.Lines {
				rest = append(rest, q)
				continue
			}
			choice.Selection = append(choice.Selection, q.Entry)
		}
		list = rest
		var err error
		switch {
		case first.Kind.Adds():
			// A message with a queued move is deleted when the session ends.
			t := Transfer{Choice: choice, Into: first.Into, queued: true}
			err = w.persist(ctx, nil, func() error { return w.transfer(ctx, t) })
		case first.Kind == store.QueueTop:
			p := Populate{Choice: choice, Top: true, queued: true}
			err = w.persist(ctx, nil, func() error { return w.populate(ctx, p, first.Lines) })
		default:
			p := Populate{Choice: choice, queued: true}
			err = w.persist(ctx, nil, func() error { return w.populate(ctx, p, wholeMessage) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sift returns the operations that can be carried out now: valid ones whose message the server
// lists. It sets invalid ones aside.
func (w *work) sift(ctx context.Context, list []store.Queued) ([]store.Queued, error) {
	var sound []store.Queued
	b := w.session.box.Store.NewBatch()
	for _, q := range list {
		if q.Problem != "" {
			continue
		}
		problem, err := w.session.box.problem(ctx, q)
		if err != nil {
			b.Rollback()
			return nil, err
		}
		_, listed := w.session.view.numbers.of(q.Entry)
		switch {
		case problem != "":
			b.SetAside(q.ID, problem)
			w.failed = append(w.failed, w.session.box.failure(ctx, q, errors.New("its queued operation was set aside: "+problem)))
		case listed:
			sound = append(sound, q)
		}
	}
	return sound, commit(b)
}

// deleteQueued sends the queued deletes, and returns the entries of the messages that the
// server will delete at QUIT. They are claimed until the session ends, so that nobody takes
// them back. A delete is held back while a copy of its message is queued, so that no message is
// deleted before it is stored.
func (w *work) deleteQueued(ctx context.Context) ([]store.ID, error) {
	claimed, err := w.claimDeletes(ctx)
	if err != nil || len(claimed) == 0 {
		return nil, err
	}
	list, err := w.session.box.Store.Queue(ctx, w.session.box.Service) // a copy that is queued from now on is too late
	if err != nil {
		return nil, err
	}
	waits := byEntry(list)
	ids := slices.DeleteFunc(claimed, func(id store.ID) bool { return waits.has(id, store.QueueCopy, store.QueueMove) })
	entries, err := w.session.box.Store.Entries(ctx, ids)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	items := make([]item, len(entries))
	for i, e := range entries {
		number, _ := w.session.view.numbers.of(e.ID)
		items[i] = item{id: e.ID, uid: e.UID, number: number, size: e.Size}
	}
	w.meter.Enter(progress.Deleting)
	w.meter.Update(func(p *progress.Snapshot) {
		p.TotalMessages, p.MessagesToProcess = len(items), len(items)
	})
	gone, err := w.dele(ctx, lastFirst(items))
	return gone, first(err, w.takeBack(list))
}

// takeBack removes queued deletes of messages that could not be proven. They are listed as failed,
// and would prevent a move, which can prove them.
func (w *work) takeBack(list []store.Queued) error {
	b := w.session.box.Store.NewBatch()
	for _, q := range list {
		if q.Kind == store.QueueDelete && slices.Contains(w.unproven, q.Entry) {
			b.Unqueue(q.ID)
		}
	}
	return commit(b)
}

// claimDeletes claims the queued deletes of the session's messages, and returns their entries.
func (w *work) claimDeletes(ctx context.Context) ([]store.ID, error) {
	list, err := w.session.box.Store.Queue(ctx, w.session.box.Service)
	if err != nil {
		return nil, err
	}
	var ids []store.ID
	for _, q := range list {
		if _, listed := w.session.view.numbers.of(q.Entry); listed && q.Kind == store.QueueDelete {
			ids = append(ids, q.Entry)
		}
	}
	list, err = w.session.box.Store.Claim(ctx, w.session.held.Token(), ids, store.QueueDelete)
	ids = ids[:0]
	for _, q := range list {
		ids = append(ids, q.Entry)
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}
