package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// recover clears away what a crash left: octets behind the committed end of a
// segment, and segment files that no index row knows. A segment that another
// process writes is locked and left alone.
func (s *Store) recover(ctx context.Context) error {
	if err := s.removeUnfinished(); err != nil {
		return err
	}
	ids, err := s.segmentFiles()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.recoverSegment(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// removeUnfinished deletes what a crash during the creation of a store left.
// A creator that is still at work loses its file, and finds this store.
func (s *Store) removeUnfinished() error {
	list, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range list {
		if !strings.HasPrefix(entry.Name(), newPrefix) {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// segmentFiles lists the numbers of the segment files that are there.
func (s *Store) segmentFiles() ([]int64, error) {
	list, err := os.ReadDir(filepath.Join(s.dir, bodiesName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, entry := range list {
		name, ok := strings.CutSuffix(entry.Name(), ".seg")
		if !ok {
			continue
		}
		if id, err := strconv.ParseInt(name, 10, 64); err == nil && filepath.Base(s.segmentPath(id)) == entry.Name() {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (s *Store) recoverSegment(ctx context.Context, id int64) error {
	lock, err := s.lockSegment(id)
	if lock == nil {
		return err
	}
	defer lock.Close()
	length, found, err := s.committedLength(ctx, id)
	if err != nil {
		return err
	}
	if !found {
		_, err = s.removeSegment(id)
		return err
	}
	f, err := os.OpenFile(s.segmentPath(id), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // reclaimed since it was listed
	}
	if err != nil {
		return err
	}
	// A file that is too short is for Check to report: its other bodies can still be read.
	_, err = cutTail(f, length)
	return errors.Join(err, f.Close())
}

// removeSegment deletes the files of a segment that no index row knows,
// unless a reader has it open. The caller holds the segment's lock; once the
// row is gone nobody else wants it.
func (s *Store) removeSegment(id int64) (bool, error) {
	free, err := s.unread(id)
	if err != nil || !free {
		return false, err
	}
	if err := os.Remove(s.segmentPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, nil //nolint:nilerr // open elsewhere on Windows; the next recovery removes it
	}
	_ = os.Remove(s.segmentLockPath(id)) // Windows: it is open; an empty file stays
	return true, nil
}

// unread reports whether no reader has the segment open.
func (s *Store) unread(id int64) (bool, error) {
	f, err := os.OpenFile(s.segmentPath(id), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	free, err := tryLock(f)
	return free, errors.Join(err, f.Close())
}
