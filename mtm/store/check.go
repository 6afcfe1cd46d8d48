package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
)

// Problem is one finding of Check.
type Problem struct {
	Entry   ID    // 0 when the problem concerns no single entry
	Segment int64 // 0 when the problem concerns no segment
	Offset  int64 // in the segment, in octets
	Text    string
}

// String returns the problem in one line.
func (p Problem) String() string {
	switch {
	case p.Entry != 0 && p.Segment != 0:
		return fmt.Sprintf("entry %d, segment %d at %d: %s", p.Entry, p.Segment, p.Offset, p.Text)
	case p.Entry != 0:
		return fmt.Sprintf("entry %d: %s", p.Entry, p.Text)
	case p.Segment != 0:
		return fmt.Sprintf("segment %d at %d: %s", p.Segment, p.Offset, p.Text)
	}
	return p.Text
}

// Summary holds the numbers that Check counted.
type Summary struct {
	Entries   int
	Bodies    int // entries that have a body
	Segments  int
	Problems  int
	BodyBytes int64 // octets of records that an entry refers to
	DeadBytes int64 // octets of records that nothing refers to
	NoteBytes int64 // octets of notes: where bodies came from, what was deleted
}

// Check reads and verifies the whole store: the index, every record with its checksum, every
// reference to a record or parent, and records that the index does not know. It calls report,
// unless nil, for each problem, in no particular order.
//
// Check returns an error only when it cannot continue. It changes nothing, and may run beside
// readers and writers.
func (s *Store) Check(ctx context.Context, report func(Problem)) (Summary, error) {
	k := &checker{s: s}
	k.report = func(p Problem) {
		k.sum.Problems++
		if report != nil {
			report(p)
		}
	}
	err := s.index.snapshot(ctx, func(c *conn) error {
		for _, step := range []func(context.Context, *conn) error{k.index, k.rows, k.tree, k.queue, k.cache,
			k.listSegments, k.bodies} {
			if err := step(ctx, c); err != nil {
				return err
			}
		}
		return k.finishSegment(ctx, math.MaxInt64)
	})
	k.closeWalk()
	if err == nil {
		err = k.tails(ctx)
	}
	return k.sum, err
}

// checker reads the segments and the references to them side by side, both in the order of segment
// and offset, so that it needs no memory for either.
type checker struct {
	s      *Store
	report func(Problem)
	sum    Summary

	gaps     map[location]int64 // the lengths of octets that are not a record
	segments []Body             // Segment and Length of the rows that are left, ascending
	walk     *walk              // the current segment; nil before the first, and when it is missing
	last     Body               // the record of the last reference
	moved    int64              // the last segment that was reclaimed while the check ran
}

// index lets SQLite check its own pages and indexes.
func (k *checker) index(ctx context.Context, c *conn) error {
	return c.query(ctx, "PRAGMA integrity_check(20)", func(row cells) error {
		if text := row.text(0); text != "ok" {
			k.report(Problem{Text: "index: " + text})
		}
		return nil
	})
}

// tree finds entries that are not in the tree, and rows about entries that do not exist.
func (k *checker) tree(ctx context.Context, c *conn) error {
	count, _, err := c.number(ctx, "SELECT count(*) FROM entries")
	if err != nil {
		return err
	}
	k.sum.Entries = int(count)
	for query, text := range map[string]string{
		`SELECT id FROM entries WHERE id <> 1 AND id NOT IN (
			WITH RECURSIVE tree (id) AS (VALUES (1)
				UNION SELECT entries.id FROM tree CROSS JOIN entries ON entries.parent = tree.id)
			SELECT id FROM tree)`: "it is not reachable from the root",
		"SELECT DISTINCT service FROM settings WHERE service NOT IN (SELECT id FROM entries)":   "settings of a deleted entry",
		"SELECT account FROM shown WHERE account NOT IN (SELECT id FROM entries)":               "the display state of a deleted entry",
		"SELECT account FROM shown WHERE NOT " + soundShown:                                     "its row in the table shown is damaged",
		"SELECT DISTINCT service FROM facts WHERE service NOT IN (SELECT id FROM entries)":      "facts of a deleted service",
		"SELECT entry FROM breaks WHERE entry NOT IN (SELECT id FROM entries)":                  "the number of sessions that a deleted entry broke",
		"SELECT entry FROM outgoing WHERE entry NOT IN (SELECT id FROM entries)":                "the envelope of a deleted entry",
		"SELECT DISTINCT entry FROM recipients WHERE entry NOT IN (SELECT entry FROM outgoing)": "recipients without an envelope",
		"SELECT id FROM entries WHERE id >= (SELECT next_entry FROM store)":                     "its id would be assigned again",
	} {
		err := c.query(ctx, query, func(row cells) error {
			k.report(Problem{Entry: ID(row.int(0)), Text: text})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (k *checker) listSegments(ctx context.Context, c *conn) error {
	return c.query(ctx, "SELECT id, length FROM segments ORDER BY id", func(row cells) error {
		k.segments = append(k.segments, Body{Segment: row.int(0), Length: row.int(1)})
		k.sum.Segments++
		return nil
	})
}

// bodies compares each reference of the index with its record.
func (k *checker) bodies(ctx context.Context, c *conn) error {
	return c.query(ctx, "SELECT id, "+bodyColumns+` FROM entries
		WHERE body_kind <> 0 ORDER BY segment, offset`, func(row cells) error {
		k.sum.Bodies++
		return k.reference(ctx, ID(row.int(0)), scanBody(row, 1))
	})
}

func (k *checker) reference(ctx context.Context, id ID, want Body) error {
	if err := k.finishSegment(ctx, want.Segment); err != nil {
		return err
	}
	at := Problem{Entry: id, Segment: want.Segment, Offset: want.Offset}
	if k.moved == want.Segment {
		return nil // a reclaim has moved the body
	}
	if k.walk == nil || k.walk.id != want.Segment {
		at.Text = "its segment is missing"
		k.report(at)
		return nil
	}
	if want.Offset == k.last.Offset && k.last.Kind != BodyNone {
		k.compare(at, k.last, want) // a second reference to the same record
		return nil
	}
	found, ok, err := k.walk.find(ctx, k, want.Offset)
	if err != nil {
		return err
	}
	got := found.Body
	if !ok || found.note != 0 {
		at.Text = "no valid record at this place"
		k.report(at)
		return nil
	}
	k.last = got
	k.sum.BodyBytes += got.end() - got.Offset
	k.compare(at, got, want)
	return nil
}

func (k *checker) compare(at Problem, got, want Body) {
	if got.Length != want.Length || got.CRC != want.CRC {
		at.Text = "the record does not match the index"
		k.report(at)
	}
}

// finishSegment reads all segments before upTo to their ends, and opens upTo.
func (k *checker) finishSegment(ctx context.Context, upTo int64) error {
	if k.walk != nil && k.walk.id == upTo {
		return nil
	}
	for {
		if k.walk != nil {
			if _, _, err := k.walk.find(ctx, k, math.MaxInt64); err != nil {
				return err
			}
			k.closeWalk()
		}
		if len(k.segments) == 0 || k.segments[0].Segment > upTo {
			return nil
		}
		row := k.segments[0]
		k.segments, k.last = k.segments[1:], Body{}
		if err := k.openWalk(ctx, row); err != nil {
			return err
		}
		if row.Segment == upTo {
			return nil
		}
	}
}

func (k *checker) openWalk(ctx context.Context, row Body) error {
	h, err := k.s.handles.take(row.Segment)
	if errors.Is(err, fs.ErrNotExist) {
		_, found, e := k.s.index.segmentRow(ctx, row.Segment)
		if e == nil && !found {
			k.moved = row.Segment
		} else if e == nil {
			k.report(Problem{Segment: row.Segment, Text: "the file is missing"})
		}
		return e
	}
	if err != nil {
		return err
	}
	st, err := h.f.Stat()
	if err != nil {
		return errors.Join(err, k.s.handles.give(row.Segment, h))
	}
	if st.Size() < row.Length {
		k.report(Problem{Segment: row.Segment, Offset: st.Size(),
			Text: fmt.Sprintf("the file ends here, but the index expects %d octets", row.Length)})
	}
	in := io.NewSectionReader(h.f, 0, row.Length)
	k.walk = &walk{id: row.Segment, length: row.Length, h: h, in: in, buf: bufio.NewReaderSize(in, copySize)}
	return nil
}

func (k *checker) closeWalk() {
	if k.walk != nil {
		_ = k.s.handles.give(k.walk.id, k.walk.h) // it was only read
		k.walk = nil
	}
}

// walk reads the records of one segment in order.
type walk struct {
	id, length, pos int64
	h               *handle
	in              *io.SectionReader
	buf             *bufio.Reader
	lost            bool // a header was damaged, so that the place of the next record is unknown
}

// find reads on to the record at offset, and counts those before it as dead. ok is false when that
// record is damaged, which find has reported.
func (w *walk) find(ctx context.Context, k *checker, offset int64) (b record, ok bool, err error) {
	for w.pos < offset && w.pos < w.length && !w.lost {
		if err = ctx.Err(); err != nil {
			return b, false, err
		}
		if n := k.gaps[location{w.id, w.pos}]; n > 0 {
			if _, err = io.CopyN(io.Discard, w.buf, n); err != nil {
				return b, false, w.failed(k, Problem{Segment: w.id, Offset: w.pos}, err)
			}
			w.pos += n
			k.sum.DeadBytes += n
			continue
		}
		if b, ok, err = w.next(k); err != nil {
			return b, false, err
		}
		switch {
		case ok && b.note != 0:
			k.sum.NoteBytes += b.end() - b.Offset
		case ok:
			k.sum.DeadBytes += b.end() - b.Offset
		}
	}
	if offset >= w.length {
		return b, false, nil
	}
	if w.pos != offset { // after a damaged header, the index knows where the next record is
		if _, err := w.in.Seek(offset, io.SeekStart); err != nil {
			return b, false, err
		}
		w.buf.Reset(w.in)
		w.pos, w.lost = offset, false
	}
	return w.next(k)
}

// next reads and verifies the record at pos.
func (w *walk) next(k *checker) (b record, ok bool, err error) {
	at := Problem{Segment: w.id, Offset: w.pos}
	var head [recordHeader]byte
	_, err = io.ReadFull(w.buf, head[:])
	if err == nil {
		key := w.h.key
		if w.pos == 0 && key.birth != 0 {
			key.key = 0 // the first note is not protected by the key
		}
		b, err = (&handle{key: key}).record(head[:], w.id, w.pos)
	}
	if err == nil && b.end() > w.length {
		err = fmt.Errorf("%w: the record is longer than the segment", ErrCorrupt)
	}
	if err != nil {
		w.lost = true
		return b, false, w.failed(k, at, err)
	}
	sum := crc32.New(castagnoli())
	if _, err := io.CopyN(sum, w.buf, b.Length); err != nil {
		w.lost = true
		return b, false, w.failed(k, at, err)
	}
	w.pos = b.end()
	if sum.Sum32() != b.CRC {
		at.Text = "the body does not match its checksum"
		if b.note != 0 {
			at.Text = "the note does not match its checksum"
		}
		k.report(at)
		return b, false, nil
	}
	return b, true, nil
}

// failed reports a damaged record and returns nil; it returns other errors, such as the system's.
func (w *walk) failed(k *checker, at Problem, err error) error {
	if !errors.Is(err, ErrCorrupt) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	at.Text = err.Error()
	if !errors.Is(err, ErrCorrupt) {
		at.Text = "the record is cut off"
	}
	k.report(at)
	return nil
}
