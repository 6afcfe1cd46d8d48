package servermtm

import (
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Choice says which messages of the mailbox a command handles (behaviour section 1).
type Choice struct {
	New       bool       // only entries that are New, or that an earlier command did not finish with
	Selection []store.ID // only these entries; nil = the whole mailbox
	Skip      []store.ID // not these entries
	MaxSize   int64      // octets on the wire; 0 = no limit
	Oldest    bool       // without a selection: the lowest number first
	waiting   bool       // also messages with a queued delete
	most      int64      // the account's limit in octets; 0 = no limit
	tooLarge  func(size int64)
	populate  bool // for New, include what an unfinished populate asked for, not an unfinished get
}

// fits reports whether the choice includes messages of this size.
func (c *Choice) fits(size int64) bool {
	return (c.MaxSize <= 0 || size <= c.MaxSize) && (c.most <= 0 || size <= c.most)
}

// skips returns the entries that are left out.
func (c *Choice) skips() map[store.ID]bool {
	skip := make(map[store.ID]bool, len(c.Skip))
	for _, id := range c.Skip {
		skip[id] = true
	}
	return skip
}

// sort sorts messages in the order of fetching: that of the selection, else the highest number
// first, so that the newest mail is there when the connection breaks. QUIRK 57: the order of a
// server that lists the newest first is kept.
func (c *Choice) sort(items []item) {
	switch {
	case c.Selection != nil:
		inOrder(items, c.Selection)
	case c.Oldest:
		slices.SortFunc(items, func(a, b item) int { return a.number - b.number })
	default:
		lastFirst(items)
	}
}

// takesNew reports whether the choice includes new messages of this size.
func (c *Choice) takesNew(size int64) bool { return c.Selection == nil && c.fits(size) }

// Transfer says which messages of the mailbox are copied or moved into which folder.
type Transfer struct {
	Choice
	Move bool // delete messages on the server when they are safely stored
	Into store.ID

	queued bool // it comes from the queue of offline operations
}

func (t Transfer) phase() progress.Phase {
	if t.Move {
		return progress.Moving
	}
	return progress.Copying
}

// fulfils reports whether a copy in the folder completes a queued copy, or the first half of a
// queued move.
func (t Transfer) fulfils(q store.Queued) bool {
	return q.Kind.Adds() && q.Into == t.Into && q.Problem == ""
}

// copyOf returns the folder's entry for a message of the mailbox.
func (t Transfer) copyOf(source store.Entry, body store.Body) store.Entry {
	c := t.copies()
	e := source
	e.ID, e.Parent, e.Related, e.Body = 0, c.Into, 0, body
	e.Flags = e.Flags.Without(c.Clear).With(c.Set)
	e.Email = e.Email.Without(c.EmailClear).With(c.EmailSet)
	if c.Linked {
		e.Related = source.ID
	}
	return e
}

// copies returns how the folder's entries differ from the mailbox's.
func (t Transfer) copies() *store.Copies {
	return &store.Copies{
		Into:       t.Into,
		Linked:     !t.Move, // after a move the mailbox's entry is deleted
		Set:        store.Complete | store.Unread,
		Clear:      store.Invisible | store.InPreparation | store.Pending | store.PendingPopulate | store.Failed,
		EmailSet:   store.BodyTextComplete,
		EmailClear: store.PartialDownload,
	}
}

// Populate says which messages of the mailbox are fetched in place, and how far.
type Populate struct {
	Choice
	Top   bool // only the header and Lines lines of the body, by TOP
	Lines int

	queued bool // it comes from the queue of offline operations
}

func (p Populate) phase() progress.Phase {
	if p.Top {
		return progress.TopPopulating
	}
	return progress.Populating
}

// split returns the messages that are populated already, those that are stored and only need the
// flag, and those to fetch.
func (p Populate) split(wanted []item) (done, here, missing []item) {
	done, rest := parted(wanted, func(k int) bool {
		return wanted[k].complete && (p.Top || wanted[k].kind == store.BodyWhole)
	})
	here, missing = parted(rest, func(k int) bool { return rest[k].kind == store.BodyWhole })
	return done, here, missing
}

// fulfils reports whether a queued operation asks for no more than p does.
func (p Populate) fulfils(q store.Queued) bool {
	return q.Kind == store.QueueTop || (q.Kind == store.QueuePopulate && !p.Top)
}

// filled returns a mailbox entry that has its message, marked as partial when body is only the
// beginning of the message. Size stays LIST's size (behaviour section 0).
func filled(source store.Entry, body store.Body) store.Entry {
	e := source
	e.Body = body
	e.Flags = e.Flags.Without(store.PendingPopulate).With(store.Complete)
	e.Email = e.Email.With(store.BodyTextComplete).Without(store.PartialDownload)
	if body.Kind == store.BodyPartial {
		e.Email = e.Email.With(store.PartialDownload)
		e.Flags = e.Flags.Without(store.New)
	}
	return e
}

// Asked holds what the caller of Connect will request next.
type Asked struct {
	Choice
	Into     store.ID // the folder of a transfer
	Populate bool     // a populate, not a transfer
}

// flag returns the flag that marks an entry as asked for.
func (a *Asked) flag() store.Flags {
	if a.Populate {
		return store.PendingPopulate
	}
	return store.Pending
}

// late is a request for a message that broke a visit.
type late struct {
	item
	header   bool // only its header
	transfer *Transfer
	populate *Populate
	lines    int
}
