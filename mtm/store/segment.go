package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
)

// A segment is a row of records, each one header and one body:
//
//	octets 0-3    "mtmB"
//	octet  4      the BodyKind
//	octets 5-7    zero
//	octets 8-15   length of the body, little endian
//	octets 16-19  CRC-32C of the body, little endian
//	octets 20-23  CRC-32C of octets 0-19, little endian
const recordHeader = 24

const recordMagic = "mtmB"

// appendBuffer is how much a segment gathers before it writes.
const appendBuffer = 1 << 18

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// putHeader writes the header of a record into h.
func putHeader(h []byte, b Body) {
	clear(h[:recordHeader])
	copy(h, recordMagic)
	h[4] = byte(b.Kind)
	binary.LittleEndian.PutUint64(h[8:], uint64(b.Length))
	binary.LittleEndian.PutUint32(h[16:], b.CRC)
	binary.LittleEndian.PutUint32(h[20:], crc32.Checksum(h[:20], castagnoli()))
}

// parseHeader reads the header of the record at (segment, offset).
func parseHeader(h []byte, segment, offset int64) (Body, error) {
	b := Body{Segment: segment, Offset: offset}
	if len(h) < recordHeader || string(h[:4]) != recordMagic {
		return b, fmt.Errorf("%w: segment %d has no record at %d", ErrCorrupt, segment, offset)
	}
	if crc32.Checksum(h[:20], castagnoli()) != binary.LittleEndian.Uint32(h[20:]) {
		return b, fmt.Errorf("%w: segment %d has a spoiled record header at %d", ErrCorrupt, segment, offset)
	}
	b.Kind = BodyKind(h[4])
	b.Length = int64(binary.LittleEndian.Uint64(h[8:]))
	b.CRC = binary.LittleEndian.Uint32(h[16:])
	if b.Length < 0 || b.Kind == BodyNone || b.Kind > BodyWhole || h[5]|h[6]|h[7] != 0 {
		return b, fmt.Errorf("%w: segment %d has an impossible record header at %d", ErrCorrupt, segment, offset)
	}
	return b, nil
}

// end is the offset behind the record.
func (b Body) end() int64 { return b.Offset + recordHeader + b.Length }

func (s *Store) segmentPath(id int64) string {
	return filepath.Join(s.dir, bodiesName, fmt.Sprintf("%08d.seg", id))
}

func (s *Store) segmentLockPath(id int64) string {
	return filepath.Join(s.dir, bodiesName, fmt.Sprintf("%08d.lock", id))
}

// segment is a segment file that this process appends to. Holding its lock
// file keeps other processes from writing or reclaiming it.
type segment struct {
	id   int64
	f    *os.File
	lock *os.File
	dir  string // to sync once, when the file is new; then ""

	mu        sync.Mutex
	buf       []byte // what comes after flushed
	flushed   int64  // octets handed to the system
	synced    int64  // octets known to be durable
	committed int64  // octets that the index vouches for: never cut below
	err       error  // the segment is unusable from here on

	users int // batches that hold records here; guarded by writerPool.mu
}

// position is where the next octet goes. The caller holds mu.
func (g *segment) position() int64 { return g.flushed + int64(len(g.buf)) }

// reserve makes room for a record header and returns its offset. The header
// never straddles buffer and file, so that it can be filled in later.
func (g *segment) reserve() (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return 0, g.err
	}
	if cap(g.buf)-len(g.buf) < recordHeader {
		if err := g.flush(); err != nil {
			return 0, err
		}
	}
	start := g.position()
	g.buf = append(g.buf, make([]byte, recordHeader)...)
	return start, nil
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
	if _, err := g.f.WriteAt(p, g.flushed); err != nil {
		return diskError(err)
	}
	g.flushed += int64(len(p))
	return nil
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
		putHeader(g.buf[b.Offset-g.flushed:], b)
		return nil
	}
	var h [recordHeader]byte
	putHeader(h[:], b)
	if _, err := g.f.WriteAt(h[:], b.Offset); err != nil {
		return diskError(err)
	}
	return nil
}

// cutBack forgets everything from offset on. An error makes the segment
// unusable, because its end is then unknown.
func (g *segment) cutBack(offset int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
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
	err = syncData(g.f)
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

// diskError marks the errors that mean a full volume.
func diskError(err error) error {
	if isDiskFull(err) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return err
}
