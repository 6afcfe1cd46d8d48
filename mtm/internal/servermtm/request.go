package servermtm

import (
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Choice says which messages of the mailbox a command is about (behaviour section 1).
type Choice struct {
	New       bool       // only entries that are New, or were asked for in vain
	Selection []store.ID // only these entries; nil = the whole mailbox
	Skip      []store.ID // not these entries
	MaxSize   int64      // octets on the wire; 0 = no limit
	Oldest    bool       // the lowest number comes first, without a selection
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

// sort puts messages into the order in which they are fetched: that of the selection, else the
// highest number first, so that whoever loses the connection has the newest mail. QUIRK 57: a
// server that lists the newest first has its way.
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

// takesNew says whether a new message of that size is asked for.
func (c *Choice) takesNew(size int64) bool { return c.Selection == nil && c.fits(size) }

// Transfer says which messages of the mailbox go into which folder.
type Transfer struct {
	Choice
	Move bool // delete on the server what is safe here
	Into store.ID

	queued bool // it was asked for offline: the queue remembers it
}

func (t Transfer) phase() progress.Phase {
	if t.Move {
		return progress.Moving
	}
	return progress.Copying
}

// fulfils says whether what waits is done, or half of it, once a copy is in the folder.
func (t Transfer) fulfils(q store.Queued) bool {
	return q.Kind.Adds() && q.Into == t.Into && q.Problem == ""
}

// copyOf is the folder's entry for a message of the mailbox.
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

// copies says how the folder's entries differ from the mailbox's.
func (t Transfer) copies() *store.Copies {
	return &store.Copies{
		Into:       t.Into,
		Linked:     !t.Move, // the mailbox's entry goes when the server has deleted the message
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

	queued bool // it was asked for offline: the queue remembers it
}

func (p Populate) phase() progress.Phase {
	if p.Top {
		return progress.TopPopulating
	}
	return progress.Populating
}

// split says what is done already, what is here and only has to be shown, and what is missing.
func (p Populate) split(wanted []item) (done, here, missing []item) {
	for _, it := range wanted {
		switch {
		case it.complete && (p.Top || it.kind == store.BodyWhole):
			done = append(done, it)
		case it.kind == store.BodyWhole:
			here = append(here, it)
		default:
			missing = append(missing, it)
		}
	}
	return done, here, missing
}

// fulfils says whether what waits asks for no more than p does.
func (p Populate) fulfils(q store.Queued) bool {
	return q.Kind == store.QueueTop || (q.Kind == store.QueuePopulate && !p.Top)
}

// filled is an entry of the mailbox with its message. A message of which the server has
// more is partial. Size stays what LIST told (behaviour section 0).
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

// Asked is what the caller of Connect asks for right after it.
type Asked struct {
	Choice
	Into     store.ID // the folder of a transfer
	Populate bool     // it is a populate
}

// flag marks an entry as asked for.
func (a *Asked) flag() store.Flags {
	if a.Populate {
		return store.PendingPopulate
	}
	return store.Pending
}

// late is what is asked of a message that broke a visit.
type late struct {
	item
	header   bool // only its header
	transfer *Transfer
	populate *Populate
	lines    int
}
