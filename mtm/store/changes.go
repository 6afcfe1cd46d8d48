package store

import "slices"

// What a batch can change.

// do adds a change.
func (b *Batch) do(o op) { b.ops = append(b.ops, o) }

// Add adds an entry below e.Parent, which must exist at Commit. The batch
// keeps the pointer and reads it at Commit, which sets e.ID. Date is kept in
// whole seconds; Details, Description and MessageID are cut at 64 KiB.
func (b *Batch) Add(e *Entry) { b.AddLinked(e, nil) }

// AddLinked is Add, and sets e.Related to the id of source, which the same batch may have added
// before; nil leaves it.
func (b *Batch) AddLinked(e, source *Entry) {
	b.do(func(t *commit) error { return t.tree.add(e, source) })
}

// Update replaces all fields of the entry with e.ID, which must exist at Commit, but for the flags
// that the queue sets (see Queue). The batch keeps the pointer and reads it at Commit.
func (b *Batch) Update(e *Entry) { b.do(func(t *commit) error { return t.tree.update(e) }) }

// SetFlags sets and clears flags of entries; a bit in both is set. The batch
// keeps the slice. Entries that are gone are passed over.
func (b *Batch) SetFlags(ids []ID, set, clear Flags) {
	b.do(func(t *commit) error { return t.tree.setFlags(ids, set, clear) })
}

// SetUID gives entries another UID; those that are gone are passed over.
func (b *Batch) SetUID(ids []ID, uid string) {
	ids = slices.Clone(ids)
	b.do(func(t *commit) error { return t.tree.setUID(ids, uid) })
}

// SetSizes gives entries another Size, those of which LIST tells another one now; those that
// are gone are passed over.
func (b *Batch) SetSizes(sizes map[ID]int64) {
	b.do(func(t *commit) error { return t.tree.setSizes(sizes) })
}

// Delete deletes entries and all below them, with their settings, envelopes, and what
// waits for them with its ghosts; what made a ghost that is deleted waits no more. Their bodies
// become dead octets for Reclaim. Entries that are gone are passed over; the
// fixed ones give ErrFixedEntry at Commit.
func (b *Batch) Delete(ids ...ID) { b.do(func(t *commit) error { return t.remove(ids) }) }

// SetSettings replaces all settings of a service. The batch keeps the map.
func (b *Batch) SetSettings(service ID, m map[string]string) {
	b.do(func(t *commit) error { return t.accounts.setSettings(service, m) })
}

// AddNamed adds an entry unless its parent has one of the same type and name already: then e.ID
// becomes that entry's at Commit, existed becomes true, and nothing is added. So two programs that
// make one folder at the same time make one. An entry that is InPreparation is so no longer once a
// second one was to be added: see Withdraw.
func (b *Batch) AddNamed(e *Entry, existed *bool) {
	b.do(func(t *commit) error { return t.tree.addNamed(e, existed) })
}

// Withdraw deletes an entry that is still InPreparation and has nothing below it; any other one
// stays. It undoes AddNamed where nobody else has come to use the entry.
func (b *Batch) Withdraw(id ID) { b.do(func(t *commit) error { return t.withdraw(id) }) }

// Copy adds copies of entries, which must exist at Commit. The batch keeps the
// pointer; Commit sets the IDs, which grow in the order of the list.
func (b *Batch) Copy(c *Copies) { b.do(func(t *commit) error { return t.tree.copies(c) }) }

// Queue makes an operation wait for q.Entry, after what waits for it already. With a ghost
// it adds that entry too, and sets q.Ghost to it. The flags of q.Entry tell of it:
// Operation, and the disconnected operation. The batch keeps ghost until Commit, which gives
// ErrNotFound when q.Entry is gone.
func (b *Batch) Queue(q Queued, ghost *Entry) {
	b.do(func(t *commit) error { return t.queue.add(q, ghost) })
}

// Unqueue removes queued operations, because they were carried out or taken back, and their ghosts
// unless those have become Complete before. Operations that are gone are passed over.
func (b *Batch) Unqueue(ids ...int64) {
	list := make([]ID, len(ids))
	for i, id := range ids {
		list[i] = ID(id)
	}
	b.do(func(t *commit) error { return t.unqueue(list) })
}

// SetAside keeps a queued operation from being carried out, and says why: it stays until Unqueue.
func (b *Batch) SetAside(id int64, problem string) {
	b.do(func(t *commit) error { return t.queue.setAside(id, problem) })
}

// TakeBack removes queued operations that nobody carries out, with their ghosts, as Unqueue does.
// alive reports whether the program that made a claim still works; the claims of others do not
// count. At Commit result says what was taken back; operations in neither list were gone before.
func (b *Batch) TakeBack(ids []int64, alive func(claim string) (bool, error), result *TakenBack) {
	list := make([]ID, len(ids))
	for i, id := range ids {
		list[i] = ID(id)
	}
	b.do(func(t *commit) error { return t.takeBack(list, alive, result) })
}

// Fulfil takes a copy or a move off the queue, because the message is in its folder now: of a move
// the delete is left. An operation that is gone, since it was taken back, leaves nothing.
func (b *Batch) Fulfil(q Queued) { b.do(func(t *commit) error { return t.fulfil(q) }) }

// SetOutgoing replaces the envelope of a message and how sending it went; the lease stays as it is.
// The entry may have been added by the same batch. The batch keeps e and the slice. At Commit:
// ErrNotFound when the entry is gone, an error for more than MaxRecipients.
func (b *Batch) SetOutgoing(e *Entry, o Outgoing) {
	b.do(func(t *commit) error { return t.outbox.set(e, &o) })
}

// SetSending brings a message from one of the given sending states into another. Commit fails with
// ErrSending, and changes nothing, when the message is in none of them by then, and with
// ErrNotFound when it is gone.
func (b *Batch) SetSending(id ID, to SendingState, from ...SendingState) {
	b.do(func(t *commit) error { return t.outbox.send(id, to, from) })
}

// Release ends the lease on a message. Commit fails with ErrLeased, and changes nothing, when owner
// does not hold it any more: what the batch says about the message may be outdated then.
func (b *Batch) Release(id ID, owner string) {
	b.do(func(t *commit) error { return t.outbox.release(id, owner) })
}

// SetFact remembers a fact about a service, which must exist at Commit, in place of
// the value that it had.
func (b *Batch) SetFact(service ID, fact Fact, value int64) {
	b.do(func(t *commit) error { return t.accounts.setFact(service, fact, value) })
}

// DropFact forgets a fact about a service.
func (b *Batch) DropFact(service ID, fact Fact) {
	b.do(func(t *commit) error { return t.accounts.dropFact(service, fact) })
}

// SetBreaks remembers how many visits a message has broken, 0 to forget it. It is for
// entries that exist at Commit.
func (b *Batch) SetBreaks(entry ID, visits int) {
	b.do(func(t *commit) error { return t.accounts.setBreaks(entry, visits) })
}

// Hide makes all children of a service Invisible and not Unread, those that are added later too,
// until Show. Their own flags stay as they are, and UIDs tells them.
func (b *Batch) Hide(service ID) { b.do(func(t *commit) error { return t.tree.hide(service) }) }

// Show ends Hide: the children of the service are as their own flags say. Without Hide
// before it it does nothing.
func (b *Batch) Show(service ID) { b.do(func(t *commit) error { return t.tree.show(service) }) }

// Age ends New, Unread or both, as flags says, of all children of a service whose ids are below
// before. It costs the same for any number of children: their rows stay as they are, and
// everything that reads them takes it into account. A flag that is set again afterwards, or in an
// entry that comes later, is set.
func (b *Batch) Age(service, before ID, flags Flags) {
	b.do(func(t *commit) error { return t.tree.age(service, before, flags) })
}
