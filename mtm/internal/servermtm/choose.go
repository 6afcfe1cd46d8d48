package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/store"
)

// Choice says which messages of the mailbox a command is about (behaviour section 1).
type Choice struct {
	New       bool       // only entries that are New, or were asked for in vain
	Selection []store.ID // only these entries; nil = the whole mailbox
	Skip      []store.ID // not these entries
	MaxSize   int64      // octets on the wire; 0 = no limit
	waiting   bool       // also messages whose delete waits
	most      int64      // octets that the account allows; 0 = no limit
	tooLarge  func(size int64)
	populate  bool // what an unfinished populate asked for is New, rather than an unfinished get
}

// fits says whether a message of that size is asked for.
func (c *Choice) fits(size int64) bool {
	return (c.MaxSize <= 0 || size <= c.MaxSize) && (c.most <= 0 || size <= c.most)
}

// skips are the entries that are left out.
func (c *Choice) skips() map[store.ID]bool {
	skip := make(map[store.ID]bool, len(c.Skip))
	for _, id := range c.Skip {
		skip[id] = true
	}
	return skip
}

// takesNew says whether a new message of that size is asked for.
func (c *Choice) takesNew(size int64) bool { return c.Selection == nil && c.fits(size) }

// item is one message that a command works on.
type item struct {
	id     store.ID // its entry in the mailbox; 0 = none yet, see arrivals.go
	uid    string
	number int   // in this session; 0 offline
	size   int64 // octets as LIST told
	kind   store.BodyKind
	// complete: populated, wholly or in part. A server without TOP has whole bodies
	// come with the refresh, and their entries are not complete.
	complete bool
	new      bool
	pending  bool // what asks for it did so before, and has not finished with it
	unsure   bool // only RETR can tell whether it is what is here
	visits   int  // that it broke
	unsized  bool // LIST does not tell the size of this arrival, which is 0 here
}

// choose finds the messages that are asked for and that the server has, by number.
// Ids of other services, and of messages that are gone, are passed over.
func (w *work) choose(ctx context.Context, c Choice) (wanted []item, err error) {
	if w.waits, err = w.queue(ctx); err != nil {
		return nil, err
	}
	w.maxSize, c.most, c.tooLarge = c.MaxSize, w.settings.MaxMessage, w.leaveOut
	w.outcome.TooLarge, w.outcome.TooLargeOctets = 0, 0 // of a choice before this one
	wanted, err = w.pick(ctx, c, w.waits, func(id store.ID) (int, bool) {
		return w.numbers.of(id)
	})
	if err == nil {
		w.breaks, err = w.Store.Breaks(ctx, w.Service)
	}
	wanted = slices.DeleteFunc(wanted, func(it item) bool { return w.skip[it.id] })
	for i := range wanted {
		wanted[i].visits = w.breaks[wanted[i].id]
	}
	slices.SortFunc(wanted, func(a, b item) int { return a.number - b.number })
	if err == nil {
		err = w.claim(ctx, wanted)
	}
	return wanted, err
}

// pick finds the messages of the mailbox that are asked for, in the order of their ids. number
// gives the number in this session, or false for a message that is out of reach.
func (m *Mailbox) pick(ctx context.Context, c Choice, waits queue, number func(store.ID) (int, bool)) ([]item, error) {
	asked := store.Pending
	if c.populate {
		asked = store.PendingPopulate
	}
	var flags store.Flags
	if c.New {
		flags = store.New | asked
	}
	refs, err := m.Store.UIDs(ctx, m.Service, m.Service, flags)
	if err != nil {
		return nil, err
	}
	selected := make(map[store.ID]bool, len(c.Selection))
	for _, id := range c.Selection {
		selected[id] = true
	}
	var wanted []item
	for _, ref := range refs {
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
	}
	return wanted, nil
}
