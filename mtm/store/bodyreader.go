package store

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
)

// handle is a segment file open for reading, shared by its readers. Its shared lock keeps the
// segment from being reclaimed.
type handle struct {
	f    *os.File
	key  segmentKey
	uses int
}

// handleTable holds the handles in use, by segment.
type handleTable struct {
	dir     folder
	mu      sync.Mutex
	open    map[int64]*handle
	buffers sync.Pool // *[]byte of copySize, for BodyReader.WriteTo
}

func (t *handleTable) take(id int64) (*handle, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.open[id]; h != nil {
		h.uses++
		return h, nil
	}
	f, err := openFile(t.dir.segmentPath(id), os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	if err := lockShared(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	h := &handle{f: f, key: readKey(f), uses: 1}
	if t.open == nil {
		t.open = make(map[int64]*handle)
	}
	t.open[id] = h
	return h, nil
}

func (t *handleTable) give(id int64, h *handle) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	h.uses--
	if h.uses > 0 {
		return nil
	}
	delete(t.open, id)
	return h.f.Close()
}

// BodyReader reads one body. Its segment cannot be reclaimed until Close. A BodyReader is not safe
// for concurrent use, but several may be open.
//
// Reading a body from start to end in order verifies its checksum: the last Read returns ErrCorrupt
// when the octets are not those that were stored.
type BodyReader struct {
	of     *handleTable
	h      *handle
	body   Body
	pos    int64
	crc    uint32
	summed int64 // octets included in crc
}

// body opens a body and compares its record's header with the index.
func (t *handleTable) body(b Body) (*BodyReader, error) {
	h, err := t.take(b.Segment)
	if err != nil {
		return nil, err
	}
	var head [recordHeader]byte
	_, err = h.f.ReadAt(head[:], b.Offset)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: segment %d ends before %d", ErrCorrupt, b.Segment, b.Offset+recordHeader)
	}
	if err == nil {
		err = h.match(head[:], b)
	}
	if err != nil {
		return nil, errors.Join(err, t.give(b.Segment, h))
	}
	return &BodyReader{of: t, h: h, body: b}, nil
}

// match returns ErrCorrupt unless head is the header of the body want. Kinds may differ: a whole
// message may be shown as a partial one. When the key is unknown, only length and checksum are
// compared.
func (h *handle) match(head []byte, want Body) error {
	got, err := h.record(head, want.Segment, want.Offset)
	if err != nil {
		return err
	}
	if got.note != 0 || got.Length != want.Length || got.CRC != want.CRC {
		return fmt.Errorf("%w: segment %d: the body at %d does not match the index",
			ErrCorrupt, want.Segment, want.Offset)
	}
	return nil
}

// record parses a header.
func (h *handle) record(head []byte, segment, offset int64) (record, error) {
	if !h.key.known {
		return parseFields(head, segment, offset)
	}
	return parseRecord(head, segment, offset, h.key.key)
}

// Size returns the length of the body in octets.
func (r *BodyReader) Size() int64 { return r.body.Length }

// Kind returns how much of the message the body holds.
func (r *BodyReader) Kind() BodyKind { return r.body.Kind }

// Read implements io.Reader. It returns ErrClosed after Close.
func (r *BodyReader) Read(p []byte) (int, error) {
	if r.h == nil {
		return 0, ErrClosed
	}
	rest := r.body.Length - r.pos
	if rest == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > rest {
		p = p[:rest]
	}
	n, err := r.h.f.ReadAt(p, r.body.Offset+recordHeader+r.pos)
	if r.summed == r.pos {
		r.crc = crc32.Update(r.crc, castagnoli(), p[:n])
		r.summed += int64(n)
	}
	r.pos += int64(n)
	switch {
	case n < len(p) && errors.Is(err, io.EOF):
		return n, fmt.Errorf("%w: segment %d ends inside the body at %d", ErrCorrupt, r.body.Segment, r.body.Offset)
	case n < len(p):
		return n, err
	case r.summed == r.body.Length && r.pos == r.body.Length && r.crc != r.body.CRC:
		return n, fmt.Errorf("%w: segment %d: the body at %d does not match its checksum",
			ErrCorrupt, r.body.Segment, r.body.Offset)
	}
	return n, nil
}

// Seek implements io.Seeker. After a seek to the start, the next full read verifies the checksum
// again.
func (r *BodyReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.body.Length
	}
	if offset < 0 || offset > r.body.Length {
		return r.pos, fmt.Errorf("seek to %d in a body of %d octets", offset, r.body.Length)
	}
	r.pos = offset
	if offset == 0 {
		r.crc, r.summed = 0, 0
	}
	return offset, nil
}

// WriteTo implements io.WriterTo: it writes the rest of the body to w, in bounded memory.
func (r *BodyReader) WriteTo(w io.Writer) (int64, error) {
	p, ok := r.of.buffers.Get().(*[]byte)
	if !ok {
		b := make([]byte, copySize)
		p = &b
	}
	defer r.of.buffers.Put(p)
	var total int64
	for {
		n, err := r.Read(*p)
		if n > 0 && err == nil {
			var m int
			m, err = w.Write((*p)[:n])
			total += int64(m)
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// Close releases the segment. A second Close does nothing.
func (r *BodyReader) Close() error {
	if r.h == nil {
		return nil
	}
	h := r.h
	r.h = nil
	return r.of.give(r.body.Segment, h)
}
