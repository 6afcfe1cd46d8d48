package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ReclaimResult reports what Reclaim did.
type ReclaimResult struct {
	Segments int   // segment files rewritten and removed
	Busy     int   // segments skipped because a reader or writer holds them
	Freed    int64 // octets freed on the volume
}

// Reclaim rewrites each segment of which more than half is dead: it copies the live records to
// another segment, moves the references in one transaction, and removes the file. A crash at any
// time leaves a consistent store.
//
// Reclaim skips segments that a reader or writer holds, in any process. It blocks while it copies;
// ctx ends it between segments. A segment with a damaged live record stays, and Reclaim returns an
// error about it after the others are done.
func (s *Store) Reclaim(ctx context.Context) (ReclaimResult, error) {
	var res ReclaimResult
	if s.options.ReadOnly {
		return res, ErrReadOnly
	}
	if err := s.noteDeleted(ctx); err != nil {
		return res, err
	}
	if err := s.writers.park(); err != nil {
		return res, err
	}
	ids, err := s.mostlyDead(ctx)
	if err != nil {
		return res, err
	}
	// The copies must not go into a segment that is to be rewritten next.
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

// mostlyDead returns the segments of which more than half is dead. Notes do not count.
func (s *Store) mostlyDead(ctx context.Context) (ids []int64, err error) {
	err = s.index.read(ctx, func(c *conn) error {
		// A record that two entries share is counted once.
		return c.query(ctx, `SELECT id FROM segments LEFT JOIN (
				SELECT segment, sum(length + ?1) AS live FROM (
					SELECT segment, offset, length FROM entries WHERE body_kind <> 0
					UNION SELECT segment, offset, length FROM unknown WHERE kind <> 0
				) GROUP BY segment
			) ON segment = id WHERE ifnull(live, 0) * 2 < segments.length - notes ORDER BY id`,
			func(row cells) error { ids = append(ids, row.int(0)); return nil }, recordHeader)
	})
	return ids, err
}

// reclaimSegment rewrites one segment and returns the octets freed. The error is ErrLocked when a
// reader or writer holds the segment.
func (s *Store) reclaimSegment(ctx context.Context, id int64) (int64, error) {
	lock, err := s.dir.lockSegment(id)
	if err != nil {
		return 0, err
	}
	if lock == nil {
		return 0, ErrLocked
	}
	defer lock.Close()
	if free, failed := s.dir.unread(id); failed != nil || !free {
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
	st, err := os.Stat(s.dir.segmentPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// A reader that has opened the file meanwhile keeps it; the next recovery removes it.
	gone, err := s.dir.removeSegment(id)
	if err != nil || !gone {
		return 0, err
	}
	freed := st.Size()
	for _, to := range moved {
		freed -= to.end() - to.Offset
	}
	return freed, nil
}
