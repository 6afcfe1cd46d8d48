package store

import (
	"context"
	"errors"
	"slices"
)

// Batch collects changes that become visible together at Commit, or not at all. Every batch must
// end with Commit or Rollback. A Batch is not safe for concurrent use, but one batch may commit
// while another takes bodies.
//
// The changes are made in the order of the calls, except that an added entry may be written before
// an earlier Update or SetFlags.
type Batch struct {
	s        *Store
	ops      []op
	bodies   []placed // in the order of their Close
	segments held     // the segments of the bodies
	open     *BodyWriter
	done     bool
}

// NewBatch returns an empty batch. It costs nothing until it is used.
func (s *Store) NewBatch() *Batch { return &Batch{s: s} }

// Commit makes the batch durable and visible: it syncs the bodies and ends with one synced
// transaction of the index. When it returns nil, everything is on disk and added entries have their
// IDs. On an error nothing of the batch is visible. In both cases the batch is over.
//
// Commit blocks while another batch of this process commits, and up to Options.BusyTimeout for
// other processes (ErrLocked). ctx ends the waiting, not the writing.
//
// Other errors are ErrDiskFull, ErrNotFound for a deleted parent or updated entry, ErrStaleBody,
// ErrFixedEntry, ErrReadOnly and ErrClosed.
func (b *Batch) Commit(ctx context.Context) error {
	if b.done {
		return ErrClosed
	}
	if b.open != nil {
		b.Rollback()
		return errors.New("a body of the batch was neither closed nor discarded")
	}
	ends := b.ends()
	synced := syncing(ends)
	if len(b.ops) == 0 {
		err := synced()
		b.Rollback()
		return err
	}
	var t *commit
	err := b.change(ctx, func(c *conn) error {
		var failed error
		if t, failed = newCommit(c, ends, b.bodies); failed == nil {
			failed = t.run(b.ops)
		}
		return errors.Join(failed, synced())
	})
	if t != nil && t.accounts.wiped {
		b.s.index.wiped(ctx)
	}
	if err != nil {
		_ = synced() // the segments must not be cut while they are synced
		if t != nil {
			t.tree.undo()
		}
		b.Rollback()
		return err
	}
	t.tree.took()
	b.committed(ends)
	b.s.deletedSome(ctx, t.tree.bodies.dead)
	return nil
}

// change runs index.change. When its outcome is unknown, the bodies must stay where they are.
func (b *Batch) change(ctx context.Context, f func(c *conn) error) error {
	err := b.s.index.change(ctx, f)
	if errors.Is(err, errInDoubt) {
		b.bodies = nil
	}
	return err
}

// committed ends the batch after the transaction was committed.
func (b *Batch) committed(ends map[*segment]int64) {
	vouched(ends)
	b.done = true
	b.release()
}

// ends returns where the batch's last body in each segment ends.
func (b *Batch) ends() map[*segment]int64 {
	ends := make(map[*segment]int64, len(b.segments))
	for _, p := range b.bodies {
		ends[p.g] = max(ends[p.g], p.body.end())
	}
	return ends
}

// Rollback discards the batch; after Commit it does nothing. The octets of its bodies are cut off,
// or become dead when other bodies follow them.
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

// cutLast cuts the batch's bodies off the end of a segment, unless somebody writes there. It stops
// at a body of another batch and at the committed length.
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

// release releases everything that the batch holds.
func (b *Batch) release() {
	_ = b.s.writers.release(&b.segments) // what matters is already synced
	b.ops, b.bodies = nil, nil
}
