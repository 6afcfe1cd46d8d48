package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/store"
)

// choose returns the chosen messages that the server has, by number. Ids of other services and of
// messages that are gone are skipped.
func (w *work) choose(ctx context.Context, c Choice) (wanted []item, err error) {
	if w.waits, err = w.session.box.queue(ctx); err != nil {
		return nil, err
	}
	w.maxSize, c.most, c.tooLarge = c.MaxSize, w.session.line.settings.MaxMessage, w.leaveOut
	w.result.TooLarge, w.result.TooLargeOctets = 0, 0 // an earlier choice may have set them
	wanted, err = w.session.box.pick(ctx, c, w.waits, func(id store.ID) (int, bool) {
		return w.session.view.numbers.of(id)
	})
	if err == nil {
		w.session.breaks, err = w.session.box.Store.Breaks(ctx, w.session.box.Service)
	}
	wanted = slices.DeleteFunc(wanted, func(it item) bool { return w.session.skip[it.id] })
	for i := range wanted {
		wanted[i].visits = w.session.breaks[wanted[i].id]
	}
	slices.SortFunc(wanted, func(a, b item) int { return a.number - b.number })
	w.chosen = wanted
	if err == nil {
		err = w.claim(ctx, wanted)
	}
	return wanted, err
}

// pick returns the chosen messages of the mailbox, in the order of their ids. number returns the
// message number in this session, or false for a message that cannot be requested.
func (m *Mailbox) pick(ctx context.Context, c Choice, waits queue, number func(store.ID) (int, bool)) ([]item, error) {
	asked := store.Pending
	if c.populate {
		asked = store.PendingPopulate
	}
	var flags store.Flags
	if c.New {
		flags = store.New | asked
	}
	selected := make(map[store.ID]bool, len(c.Selection))
	for _, id := range c.Selection {
		selected[id] = true
	}
	var wanted []item
	err := m.Store.EachUID(ctx, m.Service, m.Service, flags, func(ref *store.Ref) {
		n, within := number(ref.ID)
		switch {
		case !within,
			!c.waiting && waits.deletes(ref.ID), // behaviour section 5
			c.Selection != nil && !selected[ref.ID]:
		case !c.fits(ref.Size):
			if c.tooLarge != nil {
				c.tooLarge(ref.Size)
			}
		default:
			wanted = append(wanted, item{
				id: ref.ID, uid: ref.UID, number: n, size: ref.Size,
				kind: ref.Kind, complete: ref.Flags.Has(store.Complete),
				new: ref.Flags.Has(store.New), pending: ref.Flags.Has(asked),
			})
		}
	})
	return wanted, err
}
