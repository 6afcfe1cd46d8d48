package store

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// writerPool holds the segments that this process appends to. An open
// BodyWriter has one for itself, so writers never wait for each other.
type writerPool struct {
	dir   folder
	index *index
	full  int64 // a segment above this many octets takes no more bodies

	before func(Call) error // see Options

	mu      sync.Mutex
	idle    []*segment // without an open BodyWriter, with room for more
	all     map[int64]*segment
	shunned []int64 // segments that a reclaim is about to rewrite
	closed  bool
}

// shun keeps the segments from being taken over for new bodies.
func (p *writerPool) shun(ids []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shunned = ids
}

// take gives the holder a segment with room for a body, for itself until give.
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

// takeIdle takes a segment that is not spoiled; those that are go. The caller holds mu.
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
			_ = g.close() // what was in it was synced, or has failed already
		}
	}
	return nil
}

// held lists the segments with records of a batch that is not over.
type held []*segment

// use counts h as a holder of g, once. The caller holds writerPool.mu.
func (h *held) use(g *segment) {
	if slices.Contains(*h, g) {
		return
	}
	*h = append(*h, g)
	g.users++
}

// give takes a segment back, for the next body.
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

// release ends the use of segments. One that is full and unused is closed.
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

// park closes the segments that nobody uses, so that a reclaim can have them.
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

// newSegment takes over a segment that nobody writes and that has room, or
// starts a new one.
func (p *writerPool) newSegment(ctx context.Context) (*segment, error) {
	var ids []int64
	err := p.index.read(ctx, func(c *conn) error {
		// Segments without a birth are from before version 5, and take no notes.
		return c.query(ctx, "SELECT id FROM segments WHERE length < ? AND birth <> 0 ORDER BY id DESC LIMIT 8",
			func(row []driver.Value) error { ids = append(ids, asInt(row[0])); return nil }, p.full)
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
		// The number is never given again, so an old Body can never mean a new file.
		var e error
		id, _, e = c.number(ctx, "UPDATE store SET next_segment = next_segment + 1 RETURNING next_segment - 1")
		return e
	})
	if err != nil {
		return nil, err
	}
	return p.create(id)
}

// create starts the file of a segment. Its first note, like all others, is
// written with the first body.
func (p *writerPool) create(id int64) (*segment, error) {
	// The lock comes before the file: a recovery that sees the file finds it locked.
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

// newBirth returns a name that no segment has had.
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

// resume takes over an existing segment. It returns nil when another process writes the segment,
// when it is gone, or when its length is not what the index says: Open looks into that.
func (p *writerPool) resume(ctx context.Context, id int64) (_ *segment, err error) {
	lock, err := p.dir.lockSegment(id)
	if lock == nil {
		return nil, err
	}
	g := &segment{id: id, lock: lock, before: p.before}
	defer func() {
		if g.buf == nil { // not taken over
			err = errors.Join(err, lock.Close())
		}
	}()
	// Only under the lock is the length final.
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
