package store

import "slices"

// The changes that a batch can make.

// do adds a change.
func (b *Batch) do(o op) { b.ops = append(b.ops, o) }

// Add adds an entry below e.Parent, which must exist at Commit. Commit reads the entry through the
// pointer and sets e.ID. Date is stored in whole seconds; Details, Description and MessageID are
// cut at 64 KiB.
func (b *Batch) Add(e *Entry) { b.AddLinked(e, nil) }

// AddLinked adds an entry as Add does, and sets e.Related to the id of source, which the same batch
// may have added before. A nil source leaves e.Related as it is.
func (b *Batch) AddLinked(e, source *Entry) {
	b.do(func(t *commit) error { return t.tree.add(e, source) })
}

// Update replaces all fields of the entry with e.ID, which must exist at Commit, except for the
// flags that the queue sets (see Queue). Commit reads the entry through the pointer.
func (b *Batch) Update(e *Entry) { b.do(func(t *commit) error { return t.tree.update(e) }) }

// SetFlags sets and clears flags of entries; a bit in both is set. Deleted entries are skipped. The
// batch keeps the slice.
func (b *Batch) SetFlags(ids []ID, set, clear Flags) {
	b.do(func(t *commit) error { return t.tree.setFlags(ids, set, clear) })
}

// SetUID sets the UID of entries. Deleted entries are skipped.
func (b *Batch) SetUID(ids []ID, uid string) {
	ids = slices.Clone(ids)
	b.do(func(t *commit) error { return t.tree.setUID(ids, uid) })
}

// SetSizes sets the Size of entries. Deleted entries are skipped. The batch keeps the map.
func (b *Batch) SetSizes(sizes map[ID]int64) {
	b.do(func(t *commit) error { return t.tree.setSizes(sizes) })
}

// Delete deletes entries and all entries below them, with their settings, envelopes and queued
// operations, and the ghosts of those. Deleting a ghost removes its queued operation. The bodies
// become dead octets for Reclaim.
//
// Entries that do not exist are skipped. Commit returns ErrFixedEntry for the built-in entries.
func (b *Batch) Delete(ids ...ID) { b.do(func(t *commit) error { return t.remove(ids) }) }

// SetSettings replaces all settings of a service, which must exist at Commit. The batch keeps the
// map.
func (b *Batch) SetSettings(service ID, m map[string]string) {
	b.do(func(t *commit) error { return t.accounts.setSettings(service, m) })
}

// AddNamed adds an entry unless its parent already has one of the same type and name. In that case
// Commit sets e.ID to the id of that entry and existed to true, and clears its flag InPreparation
// (see Withdraw). So two programs that create the same folder at the same time create one.
func (b *Batch) AddNamed(e *Entry, existed *bool) {
	b.do(func(t *commit) error { return t.tree.addNamed(e, existed) })
}

// Withdraw deletes an entry that is still InPreparation and has nothing below it, and leaves any
// other. It undoes AddNamed unless another program uses the entry.
func (b *Batch) Withdraw(id ID) { b.do(func(t *commit) error { return t.withdraw(id) }) }

// Copy adds copies of entries, which must exist at Commit. Commit reads c through the pointer and
// sets the IDs of the copies, which grow in the order of the list.
func (b *Batch) Copy(c *Copies) { b.do(func(t *commit) error { return t.tree.copies(c) }) }

// Queue appends an operation to the queue of q.Entry, and sets the entry's flag Operation and its
// disconnected operation. With a ghost it also adds that entry, and records its id as q.Ghost. The
// batch keeps ghost until Commit, which returns ErrNotFound when q.Entry does not exist.
func (b *Batch) Queue(q Queued, ghost *Entry) {
	b.do(func(t *commit) error { return t.queue.add(q, ghost) })
}

// Unqueue removes queued operations that were carried out or cancelled, with their ghosts unless
// those are Complete. Operations that do not exist are skipped.
func (b *Batch) Unqueue(ids ...int64) {
	list := make([]ID, len(ids))
	for i, id := range ids {
		list[i] = ID(id)
	}
	b.do(func(t *commit) error { return t.unqueue(list) })
}

// SetAside records why a queued operation cannot be carried out. The operation is not tried again,
// and stays until Unqueue.
func (b *Batch) SetAside(id int64, problem string) {
	b.do(func(t *commit) error { return t.queue.setAside(id, problem) })
}

// TakeBack removes those of the queued operations that no program carries out, as Unqueue does.
// alive reports whether the program that made a claim still runs; other claims do not count. Commit
// sets result; an operation in neither of its lists did not exist.
func (b *Batch) TakeBack(ids []int64, alive func(claim string) (bool, error), result *TakenBack) {
	list := make([]ID, len(ids))
	for i, id := range ids {
		list[i] = ID(id)
	}
	b.do(func(t *commit) error { return t.takeBack(list, alive, result) })
}

// Fulfil removes a queued copy or move whose message is now in its folder, and queues the delete of
// a move. It does nothing when the operation no longer exists.
func (b *Batch) Fulfil(q Queued) { b.do(func(t *commit) error { return t.fulfil(q) }) }

// SetOutgoing replaces the envelope of a message, but not its lease. The same batch may have added
// the entry. Commit returns ErrNotFound when the entry does not exist, and an error for more than
// MaxRecipients. The batch keeps e and the slice.
func (b *Batch) SetOutgoing(e *Entry, o Outgoing) {
	b.do(func(t *commit) error { return t.outbox.set(e, &o) })
}

// SetSending changes the sending state of a message to to, if it is one of from. Otherwise Commit
// returns ErrSending, or ErrNotFound when the message does not exist, and changes nothing.
func (b *Batch) SetSending(id ID, to SendingState, from ...SendingState) {
	b.do(func(t *commit) error { return t.outbox.send(id, to, from) })
}

// Release ends owner's lease on a message. Commit returns ErrLeased and changes nothing when owner
// no longer holds it, since the batch's other changes of the message may be outdated.
func (b *Batch) Release(id ID, owner string) {
	b.do(func(t *commit) error { return t.outbox.release(id, owner) })
}

// SetFact sets a fact about a service, which must exist at Commit.
func (b *Batch) SetFact(service ID, fact Fact, value int64) {
	b.do(func(t *commit) error { return t.accounts.setFact(service, fact, value) })
}

// DropFact deletes a fact about a service.
func (b *Batch) DropFact(service ID, fact Fact) {
	b.do(func(t *commit) error { return t.accounts.dropFact(service, fact) })
}

// SetBreaks sets how many sessions a message has broken; 0 deletes the number. The entry must exist
// at Commit unless visits is 0.
func (b *Batch) SetBreaks(entry ID, visits int) {
	b.do(func(t *commit) error { return t.accounts.setBreaks(entry, visits) })
}

// Hide makes readers see all children of a service as Invisible and not Unread until Show, later
// additions too. The stored flags do not change, and UIDs returns the stored ones.
func (b *Batch) Hide(service ID) { b.do(func(t *commit) error { return t.tree.hide(service) }) }

// Prepare makes readers see children that are added to a service from now on as Invisible and
// InPreparation until Show. The stored flags do not have these bits.
func (b *Batch) Prepare(service ID) {
	b.do(func(t *commit) error { return t.tree.prepare(service) })
}

// Show ends Hide and Prepare: readers see the stored flags again. Without them it does nothing.
func (b *Batch) Show(service ID) { b.do(func(t *commit) error { return t.tree.show(service) }) }

// Age clears New, Unread or both, as flags says, of all children of a service with ids below
// before. It costs the same for any number of children, since it changes no row of theirs. A flag
// that is set again later, or in a later entry, is not affected.
func (b *Batch) Age(service, before ID, flags Flags) {
	b.do(func(t *commit) error { return t.tree.age(service, before, flags) })
}
