package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
)

// appendBuffer is how much a segment gathers before it writes.
const appendBuffer = 1 << 18

// segment is a segment file that this process appends to. Holding its lock
// file keeps other processes from writing or reclaiming it.
type segment struct {
	id   int64
	f    *os.File
	lock *os.File
	dir  string // to sync once, when the file is new; then ""
	key  segmentKey

	before func(Call) error // see Options

	mu        sync.Mutex
	buf       []byte // what comes after flushed
	flushed   int64  // octets handed to the system
	synced    int64  // octets known to be durable
	committed int64  // octets that the index vouches for: never cut below
	notes     int64  // octets of notes, about
	err       error  // the segment is unusable from here on
	scratch   []byte // for notes
	mailboxes map[Mailbox]noted

	users int // batches that hold records here; guarded by writerPool.mu
}

// position is where the next octet goes. The caller holds mu.
func (g *segment) position() int64 { return g.flushed + int64(len(g.buf)) }

// noted is a mailbox of which the segment has a note.
type noted struct {
	mark   mark
	offset int64
}

// begin writes the notes that come before a body and makes room for its header. It returns
// where the notes begin and where the header is, which never straddles buffer and file, so that
// it can be filled in later.
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

// notesFor returns the notes for a body that is to be appended. The caller holds mu.
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

// appendNote adds a note that concerns no body behind it.
func (g *segment) appendNote(kind noteKind, content []byte) error {
	b := appendNote(nil, kind, content, g.key.key)
	err := g.append(b)
	g.mu.Lock()
	g.notes += int64(len(b))
	g.mu.Unlock()
	return err
}

// append adds p behind everything else.
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
		// What was written of it must not look like the bodies of another time.
		if g.f.Truncate(g.flushed) != nil {
			g.err = diskError(err)
		}
		return diskError(err)
	}
	g.flushed += int64(len(p))
	return nil
}

// write hands p to the system.
func (g *segment) write(p []byte, at int64) error {
	err := g.before(WriteSegment)
	if err == nil {
		_, err = g.f.WriteAt(p, at)
	}
	return err
}

// flush hands the buffer to the system. The caller holds mu.
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

// cutBack forgets everything from offset on. An error makes the segment
// unusable, because its end is then unknown.
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
	// Outside the lock, so that the next batch's bodies go on meanwhile.
	if err = g.before(SyncSegment); err == nil {
		err = syncData(g.f)
	}
	if err == nil && dir != "" {
		err = syncDir(dir)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		// After a failed sync nobody knows what is on the disk.
		g.err = diskError(err)
		return g.err
	}
	g.dir = ""
	g.synced = max(g.synced, upTo)
	return nil
}

// close ends the use of the file; what was not synced is lost.
func (g *segment) close() error { return errors.Join(g.f.Close(), g.lock.Close()) }

// diskError marks the errors that mean a full volume, or one that cannot be written.
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
