package servermtm

import "pop3mtm/mtm/store"

// bodyBatch holds messages in the order they came.
type bodyBatch struct {
	*store.Batch
	items   []item
	bodies  []store.Body
	carries []Carries // of the bodies
	octets  int64
	placed  []placed // for each item, once they are placed

	arrivals int           // how many of items have no entry yet
	entries  []store.Entry // of the arrivals in the mailbox, empty for others
	copies   []store.Entry // and in the folder, once they are placed
}

func (b *bodyBatch) begin(into *store.Batch) {
	b.Batch = into
	b.items, b.bodies, b.carries, b.entries = b.items[:0], b.bodies[:0], b.carries[:0], b.entries[:0]
	b.octets, b.placed, b.arrivals = 0, nil, 0
}

func (b *bodyBatch) target() *store.Batch { return b.Batch }
func (b *bodyBatch) empty() bool          { return len(b.items) == 0 }

// placed says where a message of a batch is. The zero value is of a message that was there before.
type placed struct {
	id      store.ID      // an entry that existed
	entry   *store.Entry  // an entry that may be new: the commit gives it an id
	run     *store.Copies // a copy: the at-th of the run
	at      int
	arrival bool // the batch's copy of an arrival
}

// entryAt returns the entry that holds the i-th message, once the batch is committed; 0
// when it was there before.
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
