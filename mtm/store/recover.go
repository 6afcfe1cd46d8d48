package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// recover handles records behind the committed lengths of segments: a crash left them, or an older
// index was put back.
//
// It cuts off incomplete records and removes useless segment files. Complete messages stay in
// place, and are listed as unknown. It skips segments that other processes write.
func (s *Store) recover(ctx context.Context) error {
	if err := s.removeUnfinished(); err != nil {
		return err
	}
	ids, err := s.dir.segmentFiles()
	if err != nil {
		return err
	}
	r := &recovery{s: s}
	defer r.unlock()
	for _, id := range ids {
		if err := r.segment(ctx, id); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		if err := s.passNumbers(ctx, ids[len(ids)-1]); err != nil {
			return err
		}
	}
	if err := r.adopt(ctx); err != nil {
		return err
	}
	r.unlock()
	if err := s.revive(ctx); err != nil {
		return err
	}
	return errors.Join(s.forgetKnown(ctx), s.noteDeleted(ctx))
}

// removeUnfinished deletes indexes that a crash left unfinished while creating a store. A creator
// that is still running loses its file, and uses this store.
func (s *Store) removeUnfinished() error {
	list, err := os.ReadDir(s.Dir())
	if err != nil {
		return err
	}
	for _, entry := range list {
		if !strings.HasPrefix(entry.Name(), newPrefix) {
			continue
		}
		if err := os.Remove(filepath.Join(s.Dir(), entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// passNumbers raises the number of the next segment above those of all files, since an older index
// that was put back may not know them.
func (s *Store) passNumbers(ctx context.Context, last int64) error {
	var next int64
	err := s.index.read(ctx, func(c *conn) (err error) {
		next, _, err = c.number(ctx, "SELECT next_segment FROM store")
		return err
	})
	if err != nil || next > last {
		return err
	}
	return s.index.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "UPDATE store SET next_segment = max(next_segment, ?)", last+1)
		return err
	})
}

// recovery holds what one recover has found, and the locks of the segments with tails.
type recovery struct {
	s     *Store
	locks []*os.File
	tails []*tail
}

func (r *recovery) unlock() {
	for _, lock := range r.locks {
		_ = lock.Close() // it was only locked
	}
	r.locks = nil
}

// segment checks one segment. It keeps the segment's lock when there is a tail to adopt.
func (r *recovery) segment(ctx context.Context, id int64) (err error) {
	lock, err := r.s.dir.lockSegment(id)
	if lock == nil {
		return err
	}
	keep := false
	defer func() {
		if !keep {
			err = errors.Join(err, lock.Close())
		}
	}()
	row, found, err := r.s.index.segmentRow(ctx, id)
	if err != nil {
		return err
	}
	f, err := openFile(r.s.dir.segmentPath(id), os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was reclaimed meanwhile
	}
	if err != nil {
		return err
	}
	t, err := readTail(f, id, row)
	switch {
	case err != nil || t == nil:
	case t.worthless() && found:
		// Check reports a file that is too short; its other bodies can still be read.
		err = f.Truncate(row.length)
	case t.worthless():
		err = f.Close()
		f = nil
		if err == nil {
			_, err = r.s.dir.removeSegment(id)
		}
	default:
		err = errors.Join(f.Truncate(t.row.length), syncData(f))
		r.tails, r.locks, keep = append(r.tails, t), append(r.locks, lock), true
	}
	if f != nil {
		err = errors.Join(err, f.Close())
	}
	return err
}

// adopt adds the tails to the index, in one transaction.
func (r *recovery) adopt(ctx context.Context) error {
	if len(r.tails) == 0 {
		return nil
	}
	return r.s.index.change(ctx, func(c *conn) error {
		for _, t := range r.tails {
			if err := t.adopt(c); err != nil {
				return err
			}
		}
		for _, t := range r.tails {
			if err := t.adoptDeletions(c); err != nil {
				return err
			}
		}
		if _, err := c.exec(context.Background(), `DELETE FROM unknown WHERE EXISTS (SELECT 1 FROM deleted
			WHERE deleted.segment = unknown.segment AND deleted.offset = unknown.offset AND deleted.crc = unknown.crc)`); err != nil {
			return err
		}
		// Bodies that have an entry in spite of the deletion are to be revived.
		_, err := c.exec(context.Background(), `UPDATE deleted SET noted = -1 WHERE noted > 0 AND (segment, offset) IN (
			SELECT e.segment, e.offset FROM entries AS e
			CROSS JOIN deleted AS d ON d.segment = e.segment AND d.offset = e.offset AND d.crc = e.crc WHERE e.body_kind <> 0)`)
		return err
	})
}

// forgetKnown removes unknown bodies whose message was fetched again, octet for octet.
func (s *Store) forgetKnown(ctx context.Context) error {
	some := int64(0)
	err := s.index.read(ctx, func(c *conn) (err error) {
		some, _, err = c.number(ctx, "SELECT EXISTS (SELECT 1 FROM unknown WHERE kind <> 0)")
		return err
	})
	if err != nil || some == 0 {
		return err
	}
	return s.index.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "DELETE FROM unknown WHERE (segment, offset) IN ("+knownAgain+")")
		return err
	})
}

// knownAgain selects the unknown bodies that an entry has too: the same record, or the same octets
// with the same UID.
const knownAgain = `SELECT DISTINCT u.segment, u.offset FROM entries AS e CROSS JOIN unknown AS u
	ON u.length = e.length AND u.crc = e.crc
	WHERE e.body_kind <> 0 AND u.kind <> 0 AND (u.uid = e.uid AND u.uid <> '' AND u.kind <= e.body_kind
		OR u.segment = e.segment AND u.offset = e.offset)`
