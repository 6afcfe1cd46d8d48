package servermtm

import (
	"context"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// reserve is the room that must stay free on the disk (behaviour sections 4 and 5).
const reserve = 64 << 10

const refreshing = "refreshing the mailbox"

// refresh is one run of bringing the mailbox's entries up to date with the server
// (behaviour section 4). New entries stay invisible until all of it has worked.
type refresh struct {
	*Session
	meter   *progress.Meter
	asked   *Asked // what will be asked for right after, or nil
	server  *listing
	local   []store.Ref // the mailbox's entries when the refresh began, by id
	uids    *uidTable   // of local
	claimed []int32     // index -> message number it belongs to, 0 = none
	// headers: Message-ID and size -> indexes into local; made when a message
	// that no UID tells needs it.
	headers *headerIndex
	known   int // of numbers.ids, how many were here before

	questioned numberSet               // messages whose claim is or was in question
	others     int                     // known ids that turned out to name another message
	rivals     map[int]int             // message number -> index of the entry whose id it has
	copied     []map[string][]store.ID // for each folder UID -> copies; made when one gets another UID
}

// refresh returns a Fault that lists messages whose header could not be had, with
// the session usable; any other error ends the session.
func (s *Session) refresh(ctx context.Context, meter *progress.Meter, keep []store.ID, asked *Asked) error {
	meter.Enter(progress.Refreshing)
	const step = refreshing
	server, err := s.list(ctx)
	if err != nil {
		return err
	}
	local, err := s.Store.UIDs(ctx, s.Service, s.Service, 0)
	if err != nil {
		return fail(ctx, step, progress.Unknown, err)
	}
	r := &refresh{Session: s, meter: meter, asked: asked, server: server, local: local}
	r.claimed = make([]int32, len(local))
	r.uids = newUIDTable(local)
	s.numbers.ids, s.numbers.numbers = make([]store.ID, len(local)), make([]int32, len(local))
	for i, ref := range local {
		s.numbers.ids[i] = ref.ID
	}
	r.known = len(local)
	var missing, arrivals []*message
	if s.breaks, err = s.Store.Breaks(ctx, s.Service); err == nil {
		missing, err = r.match(ctx, server.newest(s.settings.SyncLimit))
	}
	if err == nil {
		missing, arrivals, err = r.announced(ctx, missing)
	}
	if err != nil {
		return fail(ctx, step, progress.Unknown, err)
	}
	missing = r.withHeadless(missing)
	meter.Update(func(p *progress.Snapshot) {
		p.TotalMessages, p.MessagesToProcess = s.remote, len(missing)
	})
	failed, err := r.fetchHeaders(ctx, missing)
	if err != nil {
		return fail(ctx, step, progress.TopFailed, err)
	}
	if err := r.settle(ctx, keep, len(arrivals), len(failed)); err != nil {
		return fail(ctx, step, progress.Unknown, err)
	}
	s.arrivals = arrivals
	if len(failed) > 0 {
		return &Fault{Step: step, Code: progress.TopFailed, Failed: failed}
	}
	return nil
}

// age changes flags of what was here before this connection: New means "arrived in this connection", and what was hidden is
// not Unread any more. What was asked for and is not here, or an unfinished refresh left behind, keeps New.
func (r *refresh) age(ctx context.Context, b *store.Batch) error {
	wasHidden, err := r.Store.Hidden(ctx, r.Service)
	if err != nil {
		return err
	}
	var aged, seen, unfinished []store.ID
	for _, ref := range r.local {
		if ref.Flags&(store.Invisible|store.InPreparation) != 0 {
			unfinished = append(unfinished, ref.ID)
		}
		if r.again {
			continue // the same visit of the user's
		}
		left := ref.Flags&(store.Pending|store.PendingPopulate|store.InPreparation) != 0
		switch {
		case !left && (ref.Flags.Has(store.New) || wasHidden && ref.Flags.Has(store.Unread)):
			aged = append(aged, ref.ID)
		case left && wasHidden && ref.Flags.Has(store.Unread):
			seen = append(seen, ref.ID)
		}
	}
	unread := store.Flags(0)
	if wasHidden {
		unread = store.Unread
	}
	b.SetFlags(aged, 0, store.New|unread)
	b.SetFlags(seen, 0, store.Unread)
	b.SetFlags(unfinished, 0, store.Invisible|store.InPreparation)
	return nil
}

// show makes the entries visible that this refresh has made: their ids are the highest.
func (r *refresh) show(b *store.Batch) {
	b.Show(r.Service)
	b.SetFlags(r.numbers.ids[r.known:], 0, store.Invisible|store.InPreparation)
}

// settle makes the refresh visible in one commit: entries without a message go, and
// those beyond the sync limit; all others show.
func (r *refresh) settle(ctx context.Context, keep []store.ID, arrivals, failed int) error {
	service, err := r.Store.Entry(ctx, r.Service)
	if err != nil {
		return err
	}
	service.RemoteCount = r.remote
	b := r.Store.NewBatch()
	b.Update(&service)
	dead, gone := r.dead(keep)
	dropped, err := r.dropQueued(ctx, b, gone)
	if err != nil {
		b.Rollback()
		return err
	}
	r.dropped = append(r.dropped, dropped...)
	b.Delete(dead...)
	r.learn(b)
	r.pay(b, arrivals, failed)
	if err := r.age(ctx, b); err != nil {
		b.Rollback()
		return err
	}
	r.show(b)
	return commit(b)
}

// dead lists the entries to delete, and those, deleted or kept, whose message the server has
// lost. One with more than a header here survives when the caller lists it, or when only the
// sync limit speaks against it (behaviour section 0).
func (r *refresh) dead(keep []store.ID) (dead []store.ID, gone map[store.ID]bool) {
	kept := make(map[store.ID]bool, len(keep))
	for _, id := range keep {
		kept[id] = true
	}
	beyond := 0 // numbers up to here are beyond the limit
	if limit := r.settings.SyncLimit; limit > 0 && limit < len(r.server.messages) {
		beyond = r.server.messages[len(r.server.messages)-limit-1].number
	}
	unseen := beyond > 0 && !r.server.withUIDs // an entry may belong to a message that nobody looked at
	gone = make(map[store.ID]bool)
	for i, ref := range r.local {
		populated := ref.Flags.Has(store.Complete)
		waits := ref.Flags.Has(store.Operation) // an operation of the user's is not dropped
		number := int(r.claimed[i])
		overlooked := unseen && (populated || waits)
		lost := number == 0 && r.server.complete && !overlooked
		if lost {
			gone[ref.ID] = true
		}
		trimmed := number > 0 && number <= beyond && !populated && !kept[ref.ID] && !waits
		if trimmed || (lost && (!populated || !kept[ref.ID])) {
			dead = append(dead, ref.ID)
			r.numbers.set(ref.ID, 0)
		}
	}
	return dead, gone
}
