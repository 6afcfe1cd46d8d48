package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Transfer says which messages of the mailbox go into which folder.
type Transfer struct {
	New       bool       // only entries with the New flag
	Selection []store.ID // only these entries; nil = the whole mailbox
	Move      bool       // delete on the server what is safe here
	Into      store.ID
	MaxSize   int64 // octets on the wire; 0 = no limit
}

// Outcome is what a transfer did, also when it failed.
type Outcome struct {
	Stored       []store.ID // new entries in the folder
	Octets       int64      // of their bodies
	AlreadyThere int        // whole copies that were in the folder before
	Deleted      int        // DELEs that the server accepted
}

// item is one message of a transfer.
type item struct {
	id     store.ID // its entry in the mailbox
	uid    string
	number int // in this session
	size   int64
}

// transfer is one run of copying or moving (behaviour section 5).
type transfer struct {
	*Session
	Transfer
	meter   *progress.Meter
	items   map[int]item // by number
	safe    []item       // whole in the folder, in the order stored
	outcome Outcome
	failed  []Failure
}

// Transfer copies or moves messages. Messages that the server refuses are listed in
// the Fault, with the session usable. When the disk is full nothing partial stays
// and the session is usable too, so that QUIT can follow.
func (s *Session) Transfer(ctx context.Context, meter *progress.Meter, t Transfer) (Outcome, error) {
	phase, step := progress.Copying, "copying messages"
	if t.Move {
		phase, step = progress.Moving, "moving messages"
	}
	meter.Enter(phase)
	r := &transfer{Session: s, Transfer: t, meter: meter}
	err := fail(ctx, step, progress.ServerProblem, r.run(ctx))
	if err == nil && len(r.failed) > 0 {
		err = &Fault{Step: step, Code: progress.ServerProblem, Failed: r.failed}
	}
	return r.outcome, err
}

func (r *transfer) run(ctx context.Context) error {
	wanted, err := r.choose(ctx)
	if err != nil {
		return err
	}
	missing, err := r.leaveOutStored(ctx, wanted)
	if err != nil {
		return err
	}
	if err := r.fetch(ctx, missing); err != nil {
		return err
	}
	if !r.Move {
		return nil
	}
	return r.deleteMoved(ctx)
}

// choose finds the messages that are asked for and that the server has, by number.
func (r *transfer) choose(ctx context.Context) ([]item, error) {
	refs, err := r.Store.UIDs(ctx, r.Service, r.Service)
	if err != nil {
		return nil, err
	}
	selected := make(map[store.ID]bool, len(r.Selection))
	for _, id := range r.Selection {
		selected[id] = true
	}
	var wanted []item
	for _, ref := range refs {
		number, listed := r.numbers[ref.ID]
		switch {
		case !listed,
			r.New && !ref.Flags.Has(store.New),
			r.Selection != nil && !selected[ref.ID],
			r.MaxSize > 0 && ref.Size > r.MaxSize:
		default:
			wanted = append(wanted, item{id: ref.ID, uid: ref.UID, number: number, size: ref.Size})
		}
	}
	slices.SortFunc(wanted, func(a, b item) int { return a.number - b.number })
	return wanted, nil
}

// leaveOutStored keeps a message from being stored twice: after an interrupted
// transfer its whole copy may be in the folder already. Copies and messages with the
// same UID are matched one to one.
func (r *transfer) leaveOutStored(ctx context.Context, wanted []item) ([]item, error) {
	refs, err := r.Store.UIDs(ctx, r.Into, r.Service)
	if err != nil {
		return nil, err
	}
	copies := make(map[string]int, len(refs))
	for _, ref := range refs {
		if ref.Kind == store.BodyWhole {
			copies[ref.UID]++
		}
	}
	missing := wanted[:0:0]
	for _, it := range wanted {
		if copies[it.uid] == 0 {
			missing = append(missing, it)
			continue
		}
		copies[it.uid]--
		r.outcome.AlreadyThere++
		r.safe = append(r.safe, it)
	}
	return missing, nil
}

// fetch stores the missing messages in the folder.
func (r *transfer) fetch(ctx context.Context, missing []item) error {
	var total int64
	numbers := make([]int, len(missing))
	ids := make([]store.ID, len(missing))
	r.items = make(map[int]item, len(missing))
	for i, it := range missing {
		numbers[i], ids[i] = it.number, it.id
		r.items[it.number] = it
		total += it.size
	}
	r.meter.Update(func(p *progress.Snapshot) {
		p.TotalMessages, p.MessagesToProcess, p.TotalSize = len(missing), len(missing), total
	})
	if len(missing) == 0 {
		return nil
	}
	if err := r.room(total + reserve); err != nil {
		return err
	}
	// What is asked for is remembered, so that it is still New to the next session
	// when this one does not get to it.
	b := r.Store.NewBatch()
	b.SetPending(ids, true)
	if err := commit(b); err != nil {
		return err
	}
	s := newBodySink(r)
	err := r.wire.RetrAll(ctx, numbers, s)
	if stored := s.finish(); err == nil {
		err = stored
	}
	return err
}

// deleteMoved deletes on the server what is safe in the folder, then here. It runs
// after everything is committed and synced.
func (r *transfer) deleteMoved(ctx context.Context) error {
	numbers := make([]int, len(r.safe))
	byNumber := make(map[int]item, len(r.safe))
	for i, it := range r.safe {
		numbers[i] = it.number
		byNumber[it.number] = it
	}
	var gone []store.ID
	err := r.wire.DeleAll(ctx, numbers, func(n int, err error) error {
		if err != nil {
			r.failed = append(r.failed, failure(byNumber[n], err))
			return nil
		}
		gone = append(gone, byNumber[n].id)
		return nil
	})
	if err != nil || len(gone) == 0 {
		return err // without QUIT the server forgets the deletes: the entries stay
	}
	service, err := r.Store.Entry(ctx, r.Service)
	if err != nil {
		return err
	}
	r.outcome.Deleted = len(gone)
	r.remote -= len(gone)
	service.RemoteCount = r.remote
	b := r.Store.NewBatch()
	b.Update(&service)
	b.Delete(gone...)
	if err := commit(b); err != nil {
		return err
	}
	for _, id := range gone {
		delete(r.numbers, id)
	}
	return nil
}

func failure(it item, err error) Failure { return Failure{ID: it.id, UID: it.uid, Err: err} }
