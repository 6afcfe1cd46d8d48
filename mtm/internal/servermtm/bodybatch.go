package servermtm

import "pop3mtm/mtm/store"

// bodyBatch holds messages in the order in which they were fetched.
type bodyBatch struct {
	*store.Batch
	items   []item
	bodies  []store.Body
	carries []Carries // of the bodies
	octets  int64
	placed  []placed // for each item, once they are placed

	arrivals int           // number of items without an entry
	entries  []store.Entry // mailbox entries of the arrivals, empty for other items
	copies   []store.Entry // the arrivals' entries in the folder, once they are placed
}

func (b *bodyBatch) begin(into *store.Batch) {
	b.Batch = into
	b.items, b.bodies, b.carries, b.entries = b.items[:0], b.bodies[:0], b.carries[:0], b.entries[:0]
	b.octets, b.placed, b.arrivals = 0, nil, 0
}

func (b *bodyBatch) target() *store.Batch { return b.Batch }
func (b *bodyBatch) empty() bool          { return len(b.items) == 0 }

// placed says which entry holds a message of a batch. The zero value means that the folder
// had the message before.
type placed struct {
	id      store.ID      // an entry that existed
	entry   *store.Entry  // an entry that may be new: the commit sets its id
	run     *store.Copies // a copy: the at-th of the run
	at      int
	arrival bool // the batch's copy of an arrival
}

// entryAt returns the entry that holds the i-th message, after the commit; 0 when
// the folder had it before.
func (b *bodyBatch) entryAt(i int, p placed) store.ID {
	switch {
	case p.arrival:
		return b.copies[i].ID
	case p.run != nil:
		return p.run.Of[p.at].ID
	case p.entry != nil:
		return p.entry.ID
	}
	return p.id
}
