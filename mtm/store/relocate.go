package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// copyLive copies the live records of a segment with their origins, and returns the copies by the
// old offsets.
func (s *Store) copyLive(ctx context.Context, b *Batch, id int64) (map[int64]Body, error) {
	var list []Body
	err := s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, `SELECT 0, segment, offset, length, crc FROM entries WHERE segment = ?1 AND body_kind <> 0
			UNION SELECT 0, segment, offset, length, crc FROM unknown WHERE segment = ?1 AND kind <> 0 ORDER BY offset`,
			func(row cells) error { list = append(list, scanBody(row, 0)); return nil }, id)
	})
	moved := make(map[int64]Body, len(list))
	if err != nil || len(list) == 0 {
		return moved, err
	}
	from, err := s.origins(id)
	for _, body := range list {
		if err != nil {
			break
		}
		moved[body.Offset], err = s.copyBody(b, body, from[body.Offset])
	}
	return moved, err
}

// sourced is an Origin and the time at which the body was stored.
type sourced struct {
	Origin
	when int64
}

// origins reads the notes of a segment and returns the origins of its bodies by their offsets,
// without those that are damaged.
func (s *Store) origins(id int64) (map[int64]sourced, error) {
	f, err := openFile(s.dir.segmentPath(id), os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	sc := &scanner{f: f, segment: id, size: st.Size(), key: readKey(f)}
	list := make(map[int64]sourced)
	mailboxes := make(map[mark]Mailbox)
	var from *origin
	for {
		r, err := sc.next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case r.note == 0 && from != nil && r.skipped == 0:
			list[r.Offset] = sourced{Origin{mailboxes[from.from], from.uid}, from.when}
		case r.note == noteMailbox && r.intact:
			if m, ok := parseMailbox(r.content); ok {
				mailboxes[m.mark()] = m
			}
		}
		from = nil
		if o, ok := parseOrigin(r.content); r.note == noteOrigin && r.intact && ok {
			from = &o
		}
	}
}

// copyBody copies one record. It returns an error when the record does not match its checksum.
func (s *Store) copyBody(b *Batch, body Body, from sourced) (Body, error) {
	r, err := s.handles.body(body)
	if err != nil {
		return Body{}, err
	}
	kind, err := r.recordKind()
	if err != nil {
		return Body{}, errors.Join(err, r.Close())
	}
	w := b.bodyOf(kind, from.Origin, from.when)
	_, err = r.WriteTo(w)
	if err = errors.Join(err, r.Close()); err != nil {
		return Body{}, errors.Join(err, w.Discard())
	}
	return w.Close()
}

// recordKind returns the kind in the record's header.
func (r *BodyReader) recordKind() (BodyKind, error) {
	var head [recordHeader]byte
	if _, err := r.h.f.ReadAt(head[:], r.body.Offset); err != nil {
		return BodyNone, err
	}
	got, err := r.h.record(head[:], r.body.Segment, r.body.Offset)
	return got.Kind, err
}

// moveReferences makes the index refer to the copies and removes the segment from it. Deletions in
// this segment need no note any more. The segment's notes of deletions in other segments are
// written again.
func (s *Store) moveReferences(ctx context.Context, b *Batch, id int64, moved map[int64]Body) error {
	ends := b.ends()
	if err := syncing(ends)(); err != nil {
		return err
	}
	err := b.change(ctx, func(c *conn) error {
		if err := noteEnds(c, ends); err != nil {
			return err
		}
		if err := c.relocate(id, moved); err != nil {
			return err
		}
		if err := s.retire(id); err != nil {
			return err
		}
		return c.forgetSegment(id)
	})
	if err == nil {
		b.committed(ends)
		_ = s.noteDeleted(ctx) // otherwise the next program that writes does it
	}
	return err
}

// movedTo is the assignment for an entry whose body was copied.
var movedTo = assign(assignment{"segment", "?1"}, assignment{"offset", "?2"})

// relocate makes all references to records of a segment refer to their copies. It returns an error
// when an entry refers to a record that was not copied, since entries may have changed meanwhile.
func (c *conn) relocate(segment int64, moved map[int64]Body) error {
	ctx := context.Background()
	offsets := make(map[ID]int64)
	err := c.query(ctx, "SELECT id, offset FROM entries WHERE segment = ? AND body_kind <> 0",
		func(row cells) error { offsets[ID(row.int(0))] = row.int(1); return nil }, segment)
	if err != nil {
		return err
	}
	for id, offset := range offsets {
		to, ok := moved[offset]
		if !ok {
			return fmt.Errorf("a deleted body is in use again: %w", ErrLocked)
		}
		if _, err := c.exec(ctx, "UPDATE entries SET "+movedTo+" WHERE id = ?3", to.Segment, to.Offset, id); err != nil {
			return err
		}
	}
	for offset, to := range moved {
		for _, table := range []string{"shared", "unknown"} {
			if _, err := c.exec(ctx, "UPDATE "+table+" SET segment = ?, offset = ? WHERE segment = ? AND offset = ?",
				to.Segment, to.Offset, segment, offset); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *conn) forgetSegment(id int64) error {
	for _, query := range []string{"DELETE FROM segments WHERE id = ?", "DELETE FROM deleted WHERE segment = ?",
		"DELETE FROM unknown WHERE segment = ?", // the gaps, since the bodies were moved
		"UPDATE deleted SET noted = 0 WHERE noted = ?"} {
		if _, err := c.exec(context.Background(), query, id); err != nil {
			return err
		}
	}
	return nil
}

// retire writes a note that all live records were copied, so that a recovery after a crash can
// remove the segment.
func (s *Store) retire(id int64) error {
	f, err := openFile(s.dir.segmentPath(id), os.O_RDWR)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if key := readKey(f); err == nil && key.known && key.birth != 0 {
		_, err = f.WriteAt(appendNote(nil, noteRetired, nil, key.key), st.Size())
	}
	return errors.Join(diskError(err), f.Close())
}

// revive copies bodies that have entries although a segment has a note of their deletion, because
// the index is older than the note. The note does not apply to the copies.
func (s *Store) revive(ctx context.Context) error {
	var list []Body
	err := s.index.read(ctx, func(c *conn) error {
		some, _, err := c.number(ctx, "SELECT EXISTS (SELECT 1 FROM deleted WHERE noted < 0)")
		if err != nil || some == 0 {
			return err
		}
		return c.query(ctx, `SELECT DISTINCT e.body_kind, e.segment, e.offset, e.length, e.crc FROM entries AS e
			CROSS JOIN deleted AS d ON d.segment = e.segment AND d.offset = e.offset
			WHERE e.body_kind <> 0 AND d.noted < 0 ORDER BY e.segment, e.offset`,
			func(row cells) error { list = append(list, scanBody(row, 0)); return nil })
	})
	for _, body := range list {
		if err == nil {
			err = s.reviveOne(ctx, body)
		}
	}
	if err != nil || len(list) == 0 {
		return err
	}
	return s.index.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "UPDATE deleted SET noted = 0 WHERE noted < 0") // the old records are now really deleted
		return err
	})
}

func (s *Store) reviveOne(ctx context.Context, body Body) error {
	b := s.NewBatch()
	defer b.Rollback()
	from, err := s.origins(body.Segment)
	var to Body
	if err == nil {
		to, err = s.copyBody(b, body, from[body.Offset])
	}
	if damaged(err) || errors.Is(err, os.ErrNotExist) {
		return nil // there is nothing to copy
	}
	if err != nil {
		return err
	}
	ends := b.ends()
	if err = syncing(ends)(); err != nil {
		return err
	}
	err = b.change(ctx, func(c *conn) error {
		if e := noteEnds(c, ends); e != nil {
			return e
		}
		_, e := c.exec(ctx, "UPDATE entries SET "+movedTo+" WHERE segment = ?3 AND offset = ?4 AND body_kind <> 0",
			to.Segment, to.Offset, body.Segment, body.Offset)
		if e == nil {
			_, e = c.exec(ctx, "UPDATE shared SET segment = ?, offset = ? WHERE segment = ? AND offset = ?",
				to.Segment, to.Offset, body.Segment, body.Offset)
		}
		return e
	})
	if err == nil {
		b.committed(ends)
	}
	return err
}
