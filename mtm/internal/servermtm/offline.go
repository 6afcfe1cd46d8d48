package servermtm

import (
	"context"
	"fmt"
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// adding holds one command that queues operations, all of them in one commit (behaviour section 6).
type adding struct {
	box    *Mailbox
	batch  *store.Batch
	waits  queue
	result Result
	made   []*store.Entry // copies
}

// queueing calls fill with the chosen messages, and commits what it added. It needs no connection.
// A cancel before the commit leaves nothing.
func (m *Mailbox) queueing(ctx context.Context, meter *progress.Meter, step string, c Choice,
	fill func(a *adding, wanted []item) error) (Result, error) {
	a := &adding{box: m, batch: m.Store.NewBatch()}
	c.waiting = true
	var err error
	var wanted []item
	if a.waits, err = m.queue(ctx); err == nil {
		wanted, err = m.pick(ctx, c, a.waits, func(store.ID) (int, bool) { return 0, true })
	}
	if err == nil {
		inOrder(wanted, c.Selection)
		meter.Update(func(p *progress.Snapshot) { p.TotalMessages, p.MessagesToProcess = len(wanted), len(wanted) })
		err = fill(a, wanted)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		a.batch.Rollback()
		return Result{}, fail(ctx, step, symbian.ErrUnknown, err)
	}
	if err = commit(a.batch); err != nil {
		return Result{}, fail(ctx, step, symbian.ErrUnknown, err)
	}
	for _, e := range a.made {
		a.result.Stored = append(a.result.Stored, e.ID)
		a.result.Octets += e.Body.Length
	}
	meter.Update(func(p *progress.Snapshot) { p.MessagesToProcess = 0 })
	return a.result, nil
}

// QueueDelete queues deletes of messages until the next session, or the current one, ends with
// QUIT. Messages with a queued move or delete are skipped.
func (m *Mailbox) QueueDelete(ctx context.Context, meter *progress.Meter, messages []store.ID) (Result, error) {
	meter.Enter(progress.Deleting)
	choice := Choice{Selection: append([]store.ID{}, messages...)}
	return m.queueing(ctx, meter, "queueing deletes", choice, func(a *adding, wanted []item) error {
		for _, it := range wanted {
			a.delete(it)
		}
		return nil
	})
}

// delete queues a delete, unless a delete or a move is queued already.
func (a *adding) delete(it item) {
	if !a.waits.has(it.id, store.QueueMove, store.QueueDelete) {
		a.batch.Queue(store.Queued{Entry: it.id, Kind: store.QueueDelete}, nil)
	}
	a.result.Queued = append(a.result.Queued, it.id)
}

// QueueTransfer copies whole stored messages at once, and for a move queues their deletes. It
// queues the others for the next session, and adds a ghost to the folder for each.
func (m *Mailbox) QueueTransfer(ctx context.Context, meter *progress.Meter, t Transfer) (Result, error) {
	phase, step := progress.Copying, "queueing copies"
	if t.Move {
		phase, step = progress.Moving, "queueing moves"
	}
	meter.Enter(phase)
	return m.queueing(ctx, meter, step, t.Choice, func(a *adding, wanted []item) error { return a.transfer(ctx, t, wanted) })
}

func (a *adding) transfer(ctx context.Context, t Transfer, wanted []item) error {
	facts, err := a.box.Store.Facts(ctx, a.box.Service)
	if err != nil {
		return err
	}
	found, err := a.box.findCopies(ctx, t.Into, wanted, facts[store.FactReusesIDs] > 0)
	if err != nil {
		return err
	}
	sources, err := a.box.Store.Entries(ctx, idsOf(wanted))
	if err != nil {
		return err
	}
	for i, it := range wanted {
		here := found.of[i] != 0
		switch {
		case here:
			a.result.AlreadyThere++
		case it.kind == store.BodyWhole:
			e := t.copyOf(sources[i], sources[i].Body)
			a.batch.Add(&e)
			a.made = append(a.made, &e)
			here = true
		}
		switch {
		case here && t.Move:
			a.delete(it)
		case here:
			a.batch.SetFlags([]store.ID{it.id}, 0, store.New|store.Pending) // as a copy with a connection does
		default:
			a.add(t, it, sources[i])
		}
	}
	return nil
}

// add queues a copy or a move of a message that is not stored.
func (a *adding) add(t Transfer, it item, source store.Entry) {
	kind := store.QueueCopy
	if t.Move && !a.waits.has(it.id, store.QueueMove, store.QueueDelete) {
		kind = store.QueueMove // a message can be moved only once: a second move becomes a copy
	}
	a.result.Queued = append(a.result.Queued, it.id)
	if slices.ContainsFunc(a.waits[it.id], t.fulfils) {
		// It is queued for the folder already; for a move only the delete is missing.
		if kind == store.QueueMove {
			a.batch.Queue(store.Queued{Entry: it.id, Kind: store.QueueDelete}, nil)
		}
		return
	}
	a.batch.Queue(store.Queued{Entry: it.id, Kind: kind, Into: t.Into}, ghostOf(t, source))
}

// ghostOf returns the folder's placeholder for a message that will be fetched,
// with the stored header.
func ghostOf(t Transfer, source store.Entry) *store.Entry {
	e := t.copyOf(source, source.Body)
	e.Related = source.ID
	e.Flags = e.Flags.Without(store.Complete)
	e.Email = source.Email.Without(store.BodyTextComplete)
	return &e
}

// QueuePopulate queues messages to be fetched in place when the next session begins. Messages that
// came whole with a refresh are populated at once.
func (m *Mailbox) QueuePopulate(ctx context.Context, meter *progress.Meter, p Populate) (Result, error) {
	phase, step := progress.Populating, "queueing messages to populate"
	if p.Top {
		phase = progress.TopPopulating
	}
	meter.Enter(phase)
	p.populate = true
	return m.queueing(ctx, meter, step, p.Choice, func(a *adding, wanted []item) error { return a.populate(ctx, p, wanted) })
}

func (a *adding) populate(ctx context.Context, p Populate, wanted []item) error {
	done, here, missing := p.split(wanted)
	a.result.AlreadyThere += len(done)
	sources, err := a.box.Store.Entries(ctx, idsOf(here))
	if err != nil {
		return err
	}
	for _, source := range sources {
		e := filled(source, source.Body)
		a.batch.Update(&e)
		a.made = append(a.made, &e)
	}
	for _, it := range missing {
		a.result.Queued = append(a.result.Queued, it.id)
		if p.Top && a.waits.has(it.id, store.QueuePopulate) {
			continue // the whole message is queued already
		}
		for _, q := range a.waits[it.id] {
			if p.fulfils(q) {
				a.batch.Unqueue(q.ID) // the new request replaces it
			}
		}
		q := store.Queued{Entry: it.id, Kind: store.QueuePopulate}
		if p.Top {
			q.Kind, q.Lines = store.QueueTop, p.Lines
		}
		a.batch.Queue(q, nil)
	}
	return nil
}

// CancelOffline takes back all queued operations of the selected messages, and removes their
// ghosts. A selected ghost means the operation that made it (behaviour section 6). The
// progress counts the operations. Operations that a client is carrying out stay, and the
// Fault lists their messages.
func (m *Mailbox) CancelOffline(ctx context.Context, meter *progress.Meter, messages []store.ID) error {
	const step = "cancelling what waits"
	meter.Enter(progress.CancellingOfflineOps)
	list, err := m.Store.Queue(ctx, m.Service)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return fail(ctx, step, symbian.ErrUnknown, err)
	}
	selected := make(map[store.ID]bool, len(messages))
	for _, id := range messages {
		selected[id] = true
	}
	var ids []int64
	for _, q := range list {
		if selected[q.Entry] || (q.Ghost != 0 && selected[q.Ghost]) {
			ids = append(ids, q.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var result store.TakenBack
	b := m.Store.NewBatch()
	b.TakeBack(ids, m.working, &result)
	if err = commit(b); err != nil {
		return fail(ctx, step, symbian.ErrUnknown, err)
	}
	meter.Update(func(p *progress.Snapshot) { p.TotalMessages = len(result.Taken) })
	if len(result.Busy) == 0 {
		return nil
	}
	fault := &Fault{Step: step, Code: symbian.ErrInUse}
	for _, q := range result.Busy {
		fault.Failed = append(fault.Failed, m.failure(ctx, q, fmt.Errorf("the %s is being carried out: it is too late to take it back", q.Kind)))
	}
	return fault
}

// working reports whether the client that made a claim still holds the mailbox.
func (m *Mailbox) working(claim string) (bool, error) {
	st, err := m.Place.Status()
	return st.Held && st.Holder.Token == claim, err
}
