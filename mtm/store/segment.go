package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
)

// appendBuffer is how many octets a segment buffers before it writes them.
const appendBuffer = 1 << 18

// segment is a segment file to which this process appends. Its lock file keeps other processes from
// writing or reclaiming it.
type segment struct {
	id   int64
	f    *os.File
	lock *os.File
	dir  string // directory to sync with a new file; then ""
	key  segmentKey

	before func(Call) error // see Options

	mu        sync.Mutex
	buf       []byte // the octets after flushed
	flushed   int64  // octets written to the file
	synced    int64  // octets known to be durable
	committed int64  // octets committed in the index, which are never cut off
	notes     int64  // approximate octets of notes
	err       error  // when set, the segment is unusable
	scratch   []byte // for notes
	mailboxes map[Mailbox]noted

	users int // batches with records in this segment; guarded by writerPool.mu
}

// position returns the offset of the next octet. The caller holds mu.
func (g *segment) position() int64 { return g.flushed + int64(len(g.buf)) }

// noted describes the segment's note of a mailbox.
type noted struct {
	mark   mark
	offset int64
}

// begin writes the notes before a body and reserves room for its header. It returns the offsets of
// the notes and of the header. The header lies completely in the buffer or in the file, so that it
// can be written later.
func (g *segment) begin(o Origin, when int64) (start, header int64, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return 0, 0, g.err
	}
	before := g.notesFor(o, when)
	if cap(g.buf)-len(g.buf) < len(before)+recordHeader {
		if err := g.flush(); err != nil {
			return 0, 0, err
		}
	}
	start = g.position()
	g.buf = append(g.buf, before...)
	header = g.position()
	g.buf = append(g.buf, make([]byte, recordHeader)...)
	g.notes += header - start
	return start, header, nil
}

// notesFor returns the notes for the next body. The caller holds mu.
func (g *segment) notesFor(o Origin, when int64) []byte {
	b := g.scratch[:0]
	known, ok := g.mailboxes[o.Mailbox]
	if !ok && o.Mailbox != (Mailbox{}) {
		bounded := o.Mailbox.bounded()
		known = noted{bounded.mark(), g.position()}
		b = appendNote(b, noteMailbox, bounded.note(), g.key.key)
		if g.mailboxes == nil {
			g.mailboxes = make(map[Mailbox]noted)
		}
		g.mailboxes[o.Mailbox] = known
	}
	room := len(b)
	b = append(b, make([]byte, recordHeader)...)
	b = origin{known.mark, when, shortened(o.UID, maxText)}.append(b)
	sealNote(b[room:], noteOrigin, g.key.key)
	g.scratch = b
	return b
}

// appendNote appends a note that does not belong to the next body.
func (g *segment) appendNote(kind noteKind, content []byte) error {
	b := appendNote(nil, kind, content, g.key.key)
	err := g.append(b)
	g.mu.Lock()
	g.notes += int64(len(b))
	g.mu.Unlock()
	return err
}

// append appends p to the segment.
func (g *segment) append(p []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return g.err
	}
	for len(p) > 0 {
		if len(g.buf) == 0 && len(p) >= appendBuffer/2 {
			return g.put(p)
		}
		n := copy(g.buf[len(g.buf):cap(g.buf)], p)
		g.buf = g.buf[:len(g.buf)+n]
		p = p[n:]
		if len(g.buf) == cap(g.buf) {
			if err := g.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// put writes p to the file at flushed.
func (g *segment) put(p []byte) error {
	if err := g.write(p, g.flushed); err != nil {
		// A part of p in the file could be taken for an earlier body.
		if g.f.Truncate(g.flushed) != nil {
			g.err = diskError(err)
		}
		return diskError(err)
	}
	g.flushed += int64(len(p))
	return nil
}

// write writes p to the file.
func (g *segment) write(p []byte, at int64) error {
	err := g.before(WriteSegment)
	if err == nil {
		_, err = g.f.WriteAt(p, at)
	}
	return err
}

// flush writes the buffer to the file. The caller holds mu.
func (g *segment) flush() error {
	if len(g.buf) == 0 {
		return nil
	}
	if err := g.put(g.buf); err != nil {
		return err
	}
	g.buf = g.buf[:0]
	return nil
}

// seal writes the header of a finished record.
func (g *segment) seal(b Body) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return g.err
	}
	if b.Offset >= g.flushed {
		putHeader(g.buf[b.Offset-g.flushed:], b, g.key.key)
		return nil
	}
	var h [recordHeader]byte
	putHeader(h[:], b, g.key.key)
	return diskError(g.write(h[:], b.Offset))
}

// cutBack cuts off everything from offset on. An error makes the segment unusable, because its end
// is then unknown.
func (g *segment) cutBack(offset int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.DeleteFunc(g.mailboxes, func(_ Mailbox, n noted) bool { return n.offset >= offset })
	if offset >= g.flushed {
		g.buf = g.buf[:offset-g.flushed]
		return nil
	}
	g.buf, g.flushed = g.buf[:0], offset
	g.synced = min(g.synced, offset)
	if err := g.f.Truncate(offset); err != nil {
		g.err = err
	}
	return g.err
}

// sync makes everything up to offset end durable.
func (g *segment) sync(end int64) error {
	g.mu.Lock()
	if g.err != nil || g.synced >= end {
		defer g.mu.Unlock()
		return g.err
	}
	err := g.flush()
	upTo, dir := g.flushed, g.dir
	g.mu.Unlock()
	if err != nil {
		return err
	}
	// The lock is not held, so that the next batch can append bodies meanwhile.
	if err = g.before(SyncSegment); err == nil {
		err = syncData(g.f)
	}
	if err == nil && dir != "" {
		err = syncDir(dir)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		// After a failed sync, what is on disk is unknown.
		g.err = diskError(err)
		return g.err
	}
	g.dir = ""
	g.synced = max(g.synced, upTo)
	return nil
}

// close closes the files. Octets that were not synced are lost.
func (g *segment) close() error { return errors.Join(g.f.Close(), g.lock.Close()) }

// diskError wraps the system's errors for a full or read-only volume in ErrDiskFull or ErrReadOnly.
func diskError(err error) error {
	switch {
	case errors.Is(err, ErrDiskFull) || errors.Is(err, ErrReadOnly):
		return err
	case isDiskFull(err):
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case isReadOnly(err):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err
}
