package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ReclaimResult is what Reclaim did.
type ReclaimResult struct {
	Segments int   // segment files rewritten and removed
	Busy     int   // left alone because a reader or writer holds them
	Freed    int64 // octets given back to the volume
}

// Reclaim rewrites the segments of which more than half is dead: it copies
// the live records to another segment, moves the references in one
// transaction, and removes the old file. It leaves alone what a reader or a
// writer holds, here or in another process. A crash at any moment leaves a
// sound store. It takes the time that copying takes; ctx ends it between
// segments. A segment with a damaged live record stays as it is, and is named
// in the error after the others were done.
func (s *Store) Reclaim(ctx context.Context) (ReclaimResult, error) {
	var res ReclaimResult
	if s.options.ReadOnly {
		return res, ErrReadOnly
	}
	if err := s.writers.park(); err != nil {
		return res, err
	}
	ids, err := s.mostlyDead(ctx)
	if err != nil {
		return res, err
	}
	// What is copied must not go into a segment that is to be rewritten next.
	s.writers.shun(ids)
	defer s.writers.shun(nil)
	var failed []error
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return res, context.Cause(ctx)
		}
		freed, err := s.reclaimSegment(ctx, id)
		if errors.Is(err, ErrLocked) {
			res.Busy++
			continue
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("reclaim segment %d: %w", id, err))
			continue
		}
		res.Segments++
		res.Freed += freed
	}
	return res, errors.Join(append(failed, s.writers.park())...)
}

// mostlyDead lists the segments of which more than half is dead.
func (s *Store) mostlyDead(ctx context.Context) (ids []int64, err error) {
	err = s.read(ctx, func(c *conn) error {
		// A record that two entries share is counted once.
		return c.query(ctx, `SELECT id FROM segments LEFT JOIN (
				SELECT segment, sum(length + ?1) AS live FROM (
					SELECT DISTINCT segment, offset, length FROM entries WHERE body_kind <> 0
				) GROUP BY segment
			) ON segment = id WHERE ifnull(live, 0) * 2 < segments.length ORDER BY id`,
			func(row []driver.Value) error { ids = append(ids, asInt(row[0])); return nil }, recordHeader)
	})
	return ids, err
}

// reclaimSegment rewrites one segment; ErrLocked when somebody holds it.
func (s *Store) reclaimSegment(ctx context.Context, id int64) (int64, error) {
	lock, err := s.lockSegment(id)
	if err != nil {
		return 0, err
	}
	if lock == nil {
		return 0, ErrLocked
	}
	defer lock.Close()
	if free, failed := s.unread(id); failed != nil || !free {
		return 0, errors.Join(failed, ErrLocked)
	}
	b := s.NewBatch()
	defer b.Rollback()
	moved, err := s.copyLive(ctx, b, id)
	if err != nil {
		return 0, err
	}
	if err = s.moveReferences(ctx, b, id, moved); err != nil {
		return 0, err
	}
	st, err := os.Stat(s.segmentPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// A reader that came meanwhile keeps the file; the next recovery removes it.
	gone, err := s.removeSegment(id)
	if err != nil || !gone {
		return 0, err
	}
	freed := st.Size()
	for _, to := range moved {
		freed -= to.end() - to.Offset
	}
	return freed, nil
}

// copyLive copies the live records of a segment; the result tells by the old
// offset where each is now.
func (s *Store) copyLive(ctx context.Context, b *Batch, id int64) (map[int64]Body, error) {
	var list []Body
	err := s.read(ctx, func(c *conn) error {
		return c.query(ctx, `SELECT DISTINCT offset, length, crc FROM entries
			WHERE segment = ? AND body_kind <> 0 ORDER BY offset`, func(row []driver.Value) error {
			list = append(list, Body{BodyNone, id, asInt(row[0]), asInt(row[1]), uint32(asInt(row[2]))})
			return nil
		}, id)
	})
	moved := make(map[int64]Body, len(list))
	for _, from := range list {
		if err != nil {
			break
		}
		moved[from.Offset], err = s.copyBody(b, from)
	}
	return moved, err
}

// copyBody copies one record; one that does not match its checksum is an error.
func (s *Store) copyBody(b *Batch, from Body) (Body, error) {
	r, err := s.openBody(from)
	if err != nil {
		return Body{}, err
	}
	kind, err := r.recordKind()
	if err != nil {
		return Body{}, errors.Join(err, r.Close())
	}
	w := b.Body(kind)
	_, err = r.WriteTo(w)
	if err = errors.Join(err, r.Close()); err != nil {
		return Body{}, errors.Join(err, w.Discard())
	}
	return w.Close()
}

// recordKind reads the kind that the record itself bears.
func (r *BodyReader) recordKind() (BodyKind, error) {
	var head [recordHeader]byte
	if _, err := r.h.f.ReadAt(head[:], r.body.Offset); err != nil {
		return BodyNone, err
	}
	got, err := parseHeader(head[:], r.body.Segment, r.body.Offset)
	return got.Kind, err
}

// moveReferences makes the index refer to the copies and forget the segment.
func (s *Store) moveReferences(ctx context.Context, b *Batch, id int64, moved map[int64]Body) error {
	ends := b.ends()
	if err := b.syncing(ends)(); err != nil {
		return err
	}
	err := b.change(ctx, func(c *conn) error {
		if e := noteEnds(c, ends); e != nil {
			return e
		}
		// The entries may have changed since their bodies were copied.
		offsets := make(map[ID]int64)
		e := c.query(context.Background(), "SELECT id, offset FROM entries WHERE segment = ? AND body_kind <> 0",
			func(row []driver.Value) error { offsets[ID(asInt(row[0]))] = asInt(row[1]); return nil }, id)
		if e != nil {
			return e
		}
		for entry, offset := range offsets {
			to, ok := moved[offset]
			if !ok {
				return fmt.Errorf("a dead body came back to life: %w", ErrLocked)
			}
			if _, e = c.exec(context.Background(), "UPDATE entries SET segment = ?, offset = ? WHERE id = ?",
				to.Segment, to.Offset, entry); e != nil {
				return e
			}
		}
		_, e = c.exec(context.Background(), "DELETE FROM segments WHERE id = ?", id)
		return e
	})
	if err == nil {
		b.committed(ends)
	}
	return err
}
