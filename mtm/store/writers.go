package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// writerPool holds the segments to which this process appends. Each open BodyWriter has its own, so
// that writers do not wait for each other.
type writerPool struct {
	dir   folder
	index *index
	full  int64 // octets above which a segment takes no more bodies

	before func(Call) error // see Options

	mu      sync.Mutex
	idle    []*segment // segments with room and without an open BodyWriter
	all     map[int64]*segment
	shunned []int64 // segments that a reclaim is about to rewrite
	closed  bool
}

// shun keeps the segments from being used for new bodies.
func (p *writerPool) shun(ids []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shunned = ids
}

// take returns a segment with room for a body. No other writer gets it before give.
func (p *writerPool) take(h *held) (*segment, error) {
	if p.index.readOnly {
		return nil, ErrReadOnly
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	g := p.takeIdle()
	if g != nil {
		h.use(g)
	}
	p.mu.Unlock()
	if g != nil {
		return g, nil
	}
	g, err := p.newSegment(context.Background())
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.Join(ErrClosed, g.close())
	}
	if p.all == nil {
		p.all = make(map[int64]*segment)
	}
	p.all[g.id] = g
	h.use(g)
	return g, nil
}

// takeIdle returns an idle segment that is usable, and drops those that are not. The caller holds
// mu.
func (p *writerPool) takeIdle() *segment {
	for len(p.idle) > 0 {
		g := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		g.mu.Lock()
		spoiled := g.err != nil
		g.mu.Unlock()
		if !spoiled {
			return g
		}
		if g.users == 0 {
			delete(p.all, g.id)
			_ = g.close() // its records are synced, or have failed already
		}
	}
	return nil
}

// held lists the segments with records of an unfinished batch.
type held []*segment

// use counts h once as a user of g. The caller holds writerPool.mu.
func (h *held) use(g *segment) {
	if slices.Contains(*h, g) {
		return
	}
	*h = append(*h, g)
	g.users++
}

// give returns a segment to the pool for the next body.
func (p *writerPool) give(g *segment) {
	g.mu.Lock()
	full := g.err != nil || g.position() >= p.full
	g.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !full && !p.closed {
		p.idle = append(p.idle, g)
	}
}

// release ends a batch's use of segments, and closes those that are full and unused.
func (p *writerPool) release(h *held) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	for _, g := range *h {
		g.users--
		if g.users == 0 && !p.isIdle(g) {
			delete(p.all, g.id)
			err = errors.Join(err, g.close())
		}
	}
	*h = nil
	return err
}

// has reports whether this process appends to the segment.
func (p *writerPool) has(id int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[id] != nil
}

func (p *writerPool) isIdle(g *segment) bool {
	return slices.Contains(p.idle, g)
}

// park closes the unused segments, so that a reclaim can lock them.
func (p *writerPool) park() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	keep := p.idle[:0]
	for _, g := range p.idle {
		if g.users > 0 {
			keep = append(keep, g)
			continue
		}
		delete(p.all, g.id)
		err = errors.Join(err, g.close())
	}
	p.idle = keep
	return err
}

func (p *writerPool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	for _, g := range p.all {
		err = errors.Join(err, g.close())
	}
	p.all, p.idle, p.closed = nil, nil, true
	return err
}

// newSegment takes over an existing segment that has room and that nobody writes, or creates a new
// one.
func (p *writerPool) newSegment(ctx context.Context) (*segment, error) {
	var ids []int64
	err := p.index.read(ctx, func(c *conn) error {
		// Segments without a birth are from before version 5 and cannot have notes.
		return c.query(ctx, "SELECT id FROM segments WHERE length < ? AND birth <> 0 ORDER BY id DESC LIMIT 8",
			func(row cells) error { ids = append(ids, row.int(0)); return nil }, p.full)
	})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	shunned := p.shunned
	p.mu.Unlock()
	for _, id := range ids {
		if slices.Contains(shunned, id) {
			continue
		}
		if g, failed := p.resume(ctx, id); g != nil || failed != nil {
			return g, failed
		}
	}
	var id int64
	err = p.index.change(ctx, func(c *conn) error {
		// A number is never used again, so that an old Body cannot refer to a new file.
		var e error
		id, _, e = c.number(ctx, "UPDATE store SET next_segment = next_segment + 1 RETURNING next_segment - 1")
		return e
	})
	if err != nil {
		return nil, err
	}
	return p.create(id)
}

// create creates the file of a segment. Its first note is written with the first body.
func (p *writerPool) create(id int64) (*segment, error) {
	// The lock is taken before the file exists, so that a recovery finds the file locked.
	lock, err := p.dir.lockSegment(id)
	if err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, &os.PathError{Op: "lock", Path: p.dir.segmentLockPath(id), Err: ErrLocked}
	}
	f, err := os.OpenFile(p.dir.segmentPath(id), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, errors.Join(diskError(err), lock.Close())
	}
	g := &segment{id: id, f: f, lock: lock, before: p.before, dir: filepath.Join(string(p.dir), bodiesName),
		key: keyOf(newBirth()), buf: make([]byte, 0, appendBuffer)}
	g.buf = appendNote(g.buf, noteBirth, birthNote(g.key.birth), 0)
	g.notes = g.position()
	return g, nil
}

// newBirth returns a random name for a new segment.
func newBirth() int64 {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		birth := int64(binary.LittleEndian.Uint64(b[:]))
		if birth != 0 && keyOf(birth).key != 0 {
			return birth
		}
	}
}

// resume takes over an existing segment. It returns nil when another process writes it, when it was
// removed, or when its length differs from the index, which Open recovers.
func (p *writerPool) resume(ctx context.Context, id int64) (_ *segment, err error) {
	lock, err := p.dir.lockSegment(id)
	if lock == nil {
		return nil, err
	}
	g := &segment{id: id, lock: lock, before: p.before}
	defer func() {
		if g.buf == nil { // it was not taken over
			err = errors.Join(err, lock.Close())
		}
	}()
	// The length can change until the lock is held.
	row, found, err := p.index.segmentRow(ctx, id)
	if err != nil || !found {
		return nil, err
	}
	g.f, err = openFile(p.dir.segmentPath(id), os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	st, err := g.f.Stat()
	g.key = readKey(g.f)
	if err != nil || st.Size() != row.length || !g.key.known {
		return nil, errors.Join(err, g.f.Close())
	}
	g.flushed, g.synced, g.committed, g.notes = row.length, row.length, row.length, row.notes
	g.buf = make([]byte, 0, appendBuffer)
	return g, nil
}
