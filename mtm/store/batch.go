package store

import (
	"slices"
	"unicode/utf8"
)

// Batch gathers changes that become visible together at Commit or not at all.
// Not safe for concurrent use, but one batch may commit in one goroutine while
// another takes bodies in a second one. Every batch must end with Commit or
// Rollback.
//
// The changes are made in the order of the calls, with one exception: an added
// entry may be written before an earlier Update or SetFlags.
type Batch struct {
	s        *Store
	ops      []op
	bodies   []placed   // in the order of their Close
	segments []*segment // that hold the bodies
	open     *BodyWriter
	done     bool
}

// placed is a finished body and the segment that holds it.
type placed struct {
	g     *segment
	start int64 // of the notes before the body
	body  Body
}

// op is one change of a batch.
type op func(t *commit) error

// do adds a change.
func (b *Batch) do(o op) { b.ops = append(b.ops, o) }

// NewBatch starts an empty batch. It costs nothing until it is used.
func (s *Store) NewBatch() *Batch { return &Batch{s: s} }

// Add adds an entry below e.Parent, which must exist at Commit. The batch
// keeps the pointer and reads it at Commit, which sets e.ID. Date is kept in
// whole seconds; Details, Description and MessageID are cut at 64 KiB.
func (b *Batch) Add(e *Entry) { b.AddLinked(e, nil) }

// AddLinked is Add, and sets e.Related to the id of source, which the same batch may have added before; nil leaves it.
func (b *Batch) AddLinked(e, source *Entry) {
	b.do(func(t *commit) error { return t.add(e, source) })
}

// Update replaces all fields of the entry with e.ID, which must exist at
// Commit, but for the flags that the queue sets (see Queue). The batch keeps the pointer and reads it at Commit.
func (b *Batch) Update(e *Entry) { b.do(func(t *commit) error { return t.update(e) }) }

// SetFlags sets and clears flags of entries; a bit in both is set. The batch
// keeps the slice. Entries that are gone are passed over.
func (b *Batch) SetFlags(ids []ID, set, clear Flags) {
	b.do(func(t *commit) error { return t.setFlags(ids, set, clear) })
}

// SetUID gives entries another UID; those that are gone are passed over.
func (b *Batch) SetUID(ids []ID, uid string) {
	ids = slices.Clone(ids)
	b.do(func(t *commit) error { return t.setUID(ids, uid) })
}

// SetSizes gives entries another Size, those of which LIST tells another one now; those that are gone are passed over.
func (b *Batch) SetSizes(sizes map[ID]int64) {
	b.do(func(t *commit) error { return t.setSizes(sizes) })
}

// Delete deletes entries and all below them, with their settings, envelopes, and what
// waits for them with its ghosts; what made a ghost that is deleted waits no more. Their bodies
// become dead octets for Reclaim. Entries that are gone are passed over; the
// fixed ones give ErrFixedEntry at Commit.
func (b *Batch) Delete(ids ...ID) { b.do(func(t *commit) error { return t.remove(ids) }) }

// SetSettings replaces all settings of a service. The batch keeps the map.
func (b *Batch) SetSettings(service ID, m map[string]string) {
	b.do(func(t *commit) error { return t.settings(service, m) })
}

// Rollback throws the batch away; after Commit it does nothing. The octets of
// its bodies are cut off, or become dead when other bodies follow them.
func (b *Batch) Rollback() {
	if b.done {
		return
	}
	b.done = true
	if b.open != nil {
		_ = b.open.Discard() // an error spoils the segment, and later bodies avoid it
	}
	for _, g := range b.segments {
		b.s.cutLast(b, g)
	}
	b.release()
}

// cutLast removes the batch's bodies from the end of a segment, if nobody
// writes there, back to another batch's body or what the index vouches for.
func (s *Store) cutLast(b *Batch, g *segment) {
	s.writers.mu.Lock()
	defer s.writers.mu.Unlock()
	if s.writers.closed || !s.writers.isIdle(g) {
		return
	}
	g.mu.Lock()
	end, floor := g.position(), g.committed
	g.mu.Unlock()
	cut := end
	for _, p := range slices.Backward(b.bodies) {
		if p.g == g && p.body.end() == cut && p.start >= floor {
			cut = p.start
		}
	}
	if cut < end {
		_ = g.cutBack(cut) // an error spoils the segment, and later bodies avoid it
	}
}

// release lets go of everything the batch holds.
func (b *Batch) release() {
	_ = b.s.releaseSegments(b) // what mattered was synced before
	b.ops, b.bodies = nil, nil
}

// maxText bounds the texts that come from messages.
const maxText = 64 << 10

// cut shortens a text to maxText without splitting a character.
func cut(s string) string { return shortened(s, maxText) }

func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
