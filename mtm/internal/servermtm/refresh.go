package servermtm

import (
	"context"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

const refreshing = "refreshing the mailbox"

// refresh holds one run of updating the mailbox's entries from the server (behaviour section 4).
// New entries stay invisible until the whole run has succeeded.
type refresh struct {
	session *Session
	asked   *Asked // what the caller will request next, or nil
	claims  *claims
}

// refresh updates the mailbox. When only some headers could not be fetched it returns a Fault that
// lists the messages, and the session stays usable; any other error ends the session.
func (s *Session) refresh(ctx context.Context, meter *progress.Meter, keep []store.ID, asked *Asked) error {
	meter.Enter(progress.Refreshing)
	const step = refreshing
	listed, err := s.list(ctx)
	if err != nil {
		return err
	}
	local, err := s.box.roster(ctx, s.box.Service, nil)
	if err != nil {
		return fail(ctx, step, symbian.ErrUnknown, err)
	}
	r := &refresh{session: s, asked: asked, claims: newClaims(s, listed, local)}
	s.view.listing = listed
	var missing, arrivals *picks
	if s.breaks, err = s.box.Store.Breaks(ctx, s.box.Service); err == nil {
		missing, err = r.claims.match(ctx, listed.newest(s.line.settings.SyncLimit))
	}
	if err == nil {
		missing, arrivals, err = r.announced(ctx, missing)
	}
	if err != nil {
		return fail(ctx, step, symbian.ErrUnknown, err)
	}
	r.claims.addHeadless(missing)
	meter.Update(func(p *progress.Snapshot) {
		p.TotalMessages, p.MessagesToProcess = s.view.remote, missing.Len()
	})
	failed, err := s.fetchHeaders(ctx, meter, r.claims, missing)
	if err != nil {
		return fail(ctx, step, symbian.ErrTop, err)
	}
	if err := r.settle(ctx, keep, arrivals.Len(), len(failed)); err != nil {
		return fail(ctx, step, symbian.ErrUnknown, err)
	}
	s.arrivals = arrivals
	if len(failed) > 0 {
		return &Fault{Step: step, Code: symbian.ErrTop, Failed: failed}
	}
	return nil
}

// age changes the flags of entries from before this connection: New means "arrived in this
// connection", and hidden entries lose Unread. An entry keeps New when it was asked for and not
// fetched, or when it is from an unfinished refresh.
func (r *refresh) age(ctx context.Context, b *store.Batch) error {
	service := r.session.box.Service
	wasHidden, err := r.session.box.Store.Hidden(ctx, service)
	if err != nil {
		return err
	}
	local := r.claims.local
	left := func(flags store.Flags) bool {
		return flags&(store.Pending|store.PendingPopulate|store.InPreparation) != 0
	}
	var unfinished []store.ID
	waiting := false // an entry keeps New
	for i := range local.count {
		flags := local.flags(i)
		if flags&(store.Invisible|store.InPreparation) != 0 {
			unfinished = append(unfinished, local.id(i))
		}
		waiting = waiting || flags.Has(store.New) && left(flags)
	}
	b.SetFlags(unfinished, 0, store.Invisible|store.InPreparation)
	if r.session.again || local.count == 0 {
		return nil // for the user it is the same visit
	}
	behind := local.next()
	if wasHidden {
		b.Age(service, behind, store.Unread)
	}
	if !waiting {
		b.Age(service, behind, store.New) // also when none is New, so that a search for New need not look at them
		return nil
	}
	var aged []store.ID
	for i := range local.count {
		if flags := local.flags(i); flags.Has(store.New) && !left(flags) {
			aged = append(aged, local.id(i))
		}
	}
	b.SetFlags(aged, 0, store.New)
	return nil
}

// settle makes the refresh visible in one commit. It deletes entries whose message is gone or
// beyond the sync limit, and shows all others.
func (r *refresh) settle(ctx context.Context, keep []store.ID, arrivals, failed int) error {
	service, err := r.session.box.Store.Entry(ctx, r.session.box.Service)
	if err != nil {
		return err
	}
	service.RemoteCount = r.session.view.remote
	b := r.session.box.Store.NewBatch()
	b.Update(&service)
	r.claims.learn(b)
	dead, gone := r.dead(keep)
	dropped, err := r.session.box.dropQueued(ctx, b, gone)
	if err != nil {
		b.Rollback()
		return err
	}
	r.session.dropped = append(r.session.dropped, dropped...)
	b.Delete(dead...)
	r.pay(b, arrivals, failed)
	if err := r.age(ctx, b); err != nil {
		b.Rollback()
		return err
	}
	b.Show(r.session.box.Service)
	return commit(b)
}

// dead returns the entries to delete, and those, deleted or kept, whose message is no longer on the
// server. An entry with more than a header stays when the caller lists it in keep, or when only the
// sync limit excludes it (behaviour section 0).
func (r *refresh) dead(keep []store.ID) (dead []store.ID, gone map[store.ID]bool) {
	kept := make(map[store.ID]bool, len(keep))
	for _, id := range keep {
		kept[id] = true
	}
	beyond := 0 // numbers up to this one are beyond the sync limit
	if from := r.claims.listing.newest(r.session.line.settings.SyncLimit); from > 0 {
		beyond = r.claims.listing.number(from - 1)
	}
	unseen := beyond > 0 && !r.claims.listing.withUIDs // an entry may belong to a message whose header was not requested
	gone = make(map[store.ID]bool)
	for i, claimed := range r.claims.claimed {
		flags := r.claims.local.flags(i)
		populated := flags.Has(store.Complete)
		waits := flags.Has(store.Operation) // a queued operation of the user is not dropped
		number := int(claimed)
		if number > beyond {
			continue
		}
		id := r.claims.local.id(i)
		overlooked := unseen && (populated || waits)
		lost := number == 0 && r.claims.listing.complete && !overlooked
		if lost {
			gone[id] = true
		}
		trimmed := number > 0 && number <= beyond && !populated && !kept[id] && !waits
		if trimmed || (lost && (!populated || !kept[id])) {
			dead = append(dead, id)
			r.session.view.numbers.set(id, 0)
		}
	}
	return dead, gone
}

// pay clears what is owed when all messages have entries, which have the flags. For a get with
// arrivals that is later.
func (r *refresh) pay(b *store.Batch, arrivals, failed int) {
	r.session.owing = r.session.owed.get.asked && arrivals+failed > 0
	if failed > 0 {
		return
	}
	if r.session.owed.populate.asked {
		b.DropFact(r.session.box.Service, store.FactPopulateAsked)
	}
	switch {
	case !r.session.owed.get.asked:
	case arrivals == 0:
		b.DropFact(r.session.box.Service, store.FactGetAsked)
	case r.session.owed.get.size != r.asked.MaxSize:
		b.SetFact(r.session.box.Service, store.FactGetAsked, r.asked.MaxSize)
	}
}

// announced splits the missing messages into those whose header is needed and the arrivals. The
// header is needed for a message without a UID, for one that may belong to an unclaimed entry under
// another UID (see adopt), and for one that has a copy in the folder.
func (r *refresh) announced(ctx context.Context, missing *picks) (headers, arrivals *picks, err error) {
	listed := r.claims.listing
	if r.asked == nil || r.asked.Populate || !listed.withUIDs || missing.Len() == 0 {
		return missing, nil, nil
	}
	copies, err := r.session.box.copies(ctx, r.asked.Into)
	if err != nil {
		return nil, nil, err
	}
	renamed := make(map[int64]bool) // sizes
	for i, number := range r.claims.claimed {
		if number == 0 {
			renamed[r.claims.local.size(i)] = true
		}
	}
	headers, arrivals = &picks{of: listed}, &picks{of: listed}
	missing.indexes(func(i int) {
		size, _ := listed.sizes.at(i)
		uid := listed.uid(i)
		if len(uid) > 0 && r.asked.takesNew(size) && r.session.allows(size) && !r.session.owed.populate.fits(size) && !renamed[size] && !copies.has(uid) {
			arrivals.add(i)
		} else {
			headers.add(i)
		}
	})
	return headers, arrivals, nil
}
