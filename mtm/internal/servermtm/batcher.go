package servermtm

import "pop3mtm/mtm/store"

// batch holds data that was read from the connection and is not stored yet.
type batch interface {
	// begin empties the batch, keeps its memory, and sets the store's batch for new rows.
	begin(into *store.Batch)
	// target returns the store's batch.
	target() *store.Batch
	empty() bool
}

// batcher fills one batch from the connection while the committer makes earlier ones durable.
type batcher[B batch] struct {
	now   B // the batch that is being filled
	store *store.Store
	fresh func() B
	fill  func(B) error // adds the rows of a full batch to the store's batch; called by the committer's goroutine
	kept  func(B)       // records rows that are durable; called by the committer's goroutine
	spare chan B        // batches whose memory is reused
	out   *committer
}

// newBatcher starts the committer. finish or abandon stops it.
func newBatcher[B batch](st *store.Store, fresh func() B, fill func(B) error, kept func(B)) *batcher[B] {
	b := &batcher[B]{store: st, fresh: fresh, fill: fill, kept: kept, spare: make(chan B, 2), out: newCommitter()}
	b.now = b.next()
	return b
}

// next returns an empty batch, which reuses the memory of a durable one if possible.
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

// flush passes the batch to the committer. It returns the first failure of an earlier batch.
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

// finish makes all batches durable, waits until they are, and returns the first failure.
func (b *batcher[B]) finish() error {
	err := b.flush()
	b.now.target().Rollback()
	return first(b.out.finish(), err)
}

// abandon drops the batch that is being filled, and waits for the earlier ones.
func (b *batcher[B]) abandon() error {
	b.now.target().Rollback()
	return b.out.finish()
}
