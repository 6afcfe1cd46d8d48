package store

import (
	"errors"
	"sync"
)

// Harden begins to make the bodies durable that the batch has so far, beside whatever else goes on, so that Commit finds
// most of it done. It does not wait; Commit tells an error.
func (b *Batch) Harden() {
	if b.done || len(b.bodies) == b.hardened {
		return
	}
	b.hardened = len(b.bodies)
	ends, earlier, result := b.ends(), b.synced, make(chan error, 1)
	go func() {
		var err error
		if earlier != nil {
			err = earlier()
		}
		for g, end := range ends {
			err = errors.Join(err, g.sync(end))
		}
		result <- err
	}()
	b.synced = sync.OnceValue(func() error { return <-result })
}

// awaitSync waits until what Harden has begun is done.
func (b *Batch) awaitSync() error {
	if b.synced == nil {
		return nil
	}
	return b.synced()
}

// ends says where the bodies end, by segment.
func (b *Batch) ends() map[*segment]int64 {
	ends := make(map[*segment]int64, len(b.segments))
	for _, p := range b.bodies {
		ends[p.g] = max(ends[p.g], p.body.end())
	}
	return ends
}
