package servermtm

import "pop3mtm/mtm/store"

// batch holds what the line gave and the store has not taken yet.
type batch interface {
	// begin forgets the rows, keeps their room, and takes the store's batch that new ones go into.
	begin(into *store.Batch)
	// target returns the store's batch.
	target() *store.Batch
	empty() bool
}

// batcher fills one batch from the line while the committer makes those before it durable.
type batcher[B batch] struct {
	now   B // the batch that fills
	store *store.Store
	fresh func() B
	fill  func(B) error // puts the rows of a full batch into the store's; the committer's goroutine calls it
	kept  func(B)       // takes note of rows that are durable; the committer's goroutine calls it
	spare chan B        // batches whose room is used again
	out   *committer
}

// newBatcher starts the committer; finish or abandon ends it.
func newBatcher[B batch](st *store.Store, fresh func() B, fill func(B) error, kept func(B)) *batcher[B] {
	b := &batcher[B]{store: st, fresh: fresh, fill: fill, kept: kept, spare: make(chan B, 2), out: newCommitter()}
	b.now = b.next()
	return b
}

// next returns an empty batch, with the room of one that is durable if there is one.
func (b *batcher[B]) next() B {
	var n B
	select {
	case n = <-b.spare:
	default:
		n = b.fresh()
	}
	n.begin(b.store.NewBatch())
	return n
}

// flush hands the batch over. It returns the first failure of an earlier one.
func (b *batcher[B]) flush() error {
	full := b.now
	if full.empty() {
		return nil
	}
	err := b.out.add(job{func() error { return b.commit(full) }, full.target().Rollback})
	b.now = b.next()
	return err
}

// commit makes a batch durable, in the committer's goroutine.
func (b *batcher[B]) commit(full B) error {
	if err := b.fill(full); err != nil {
		full.target().Rollback()
		return err
	}
	if err := commit(full.target()); err != nil {
		return err
	}
	b.kept(full)
	select {
	case b.spare <- full:
	default:
	}
	return nil
}

// finish makes all batches durable, waits for it and returns the first failure.
func (b *batcher[B]) finish() error {
	err := b.flush()
	b.now.target().Rollback()
	return first(b.out.finish(), err)
}

// abandon drops the batch that fills, and waits for those before it.
func (b *batcher[B]) abandon() error {
	b.now.target().Rollback()
	return b.out.finish()
}
