package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// indexFile is what connections that only read are opened on.
type indexFile struct {
	path   string
	frozen bool // nothing changes it: no locks, no files beside it
	copied bool // a private copy, to be removed
}

// remove deletes a private copy.
func (f indexFile) remove() error {
	if !f.copied {
		return nil
	}
	return os.RemoveAll(filepath.Dir(f.path))
}

// openIndex chooses the index that is read. SQLite wants to create files beside it, also to read: where the disk is
// full or cannot be written, the index is read as it lies there when its log holds nothing, and else from a private
// copy. Nobody else has it open then: it would have the files that SQLite could not create.
func (s *Store) openIndex(ctx context.Context) error {
	s.index = indexFile{path: filepath.Join(s.dir, indexName)}
	v, err := s.tryIndex(ctx)
	if !s.options.ReadOnly {
		return err
	}
	if err == nil && v == len(migrations()) {
		return nil
	}
	if err != nil && !isBarred(err) {
		return err
	}
	if err != nil {
		wal, failed := readWAL(s.index.path + "-wal")
		if failed == nil && wal.pages == 0 {
			s.index.frozen = true
			if v, err = s.tryIndex(ctx); err != nil || v == len(migrations()) {
				return err
			}
		}
	}
	if err = s.copyIndex(ctx); err != nil {
		return err
	}
	_, err = s.tryIndex(ctx)
	return err
}

// isBarred reports whether SQLite could not open the index because of where it lies.
func isBarred(err error) bool {
	switch primaryCode(err) {
	case sqlitePerm, sqliteReadOnly, sqliteIOErr, sqliteFull, sqliteCantOpen:
		return true
	}
	return false
}

// tryIndex opens the index and reads its version.
func (s *Store) tryIndex(ctx context.Context) (v int, err error) {
	err = s.read(ctx, func(c *conn) error {
		v, err = version(ctx, c, s.dir)
		if err == nil {
			_, _, err = c.number(ctx, "SELECT count(*) FROM sqlite_schema")
		}
		return err
	})
	if err != nil {
		err = errors.Join(err, s.readers.drop())
	}
	return v, err
}

// copyIndex makes a private copy of the index, of the present version, in the system's folder for such files.
func (s *Store) copyIndex(ctx context.Context) error {
	from := filepath.Join(s.dir, indexName)
	var err error
	for _, dir := range []string{os.TempDir(), "/dev/shm"} { // in memory, where the system has it
		var to indexFile
		if to, err = copyInto(ctx, from, dir, s.dir); err == nil {
			s.index = to
			return s.readers.drop()
		}
	}
	return fmt.Errorf("the index can be read only from a copy, and there is no room for one: %w", diskError(err))
}

func copyInto(ctx context.Context, from, dir, store string) (to indexFile, err error) {
	folder, err := os.MkdirTemp(dir, "mtm-index-") // of mode 0700
	if err != nil {
		return to, err
	}
	to = indexFile{path: filepath.Join(folder, indexName), frozen: true, copied: true}
	defer func() {
		if err != nil {
			err = errors.Join(err, to.remove())
		}
	}()
	f, err := os.OpenFile(to.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return to, err
	}
	before, err := stamps(from)
	if err == nil {
		err = copyIndex(from, f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return to, err
	}
	if after, err := stamps(from); err != nil || after != before {
		return to, errors.Join(err, fmt.Errorf("%w by another program that changes the index; try again when it has finished", ErrLocked))
	}
	return to, migrateCopy(ctx, to.path, store)
}

// migrateCopy brings a private copy to the present version.
func migrateCopy(ctx context.Context, path, store string) (err error) {
	c, err := dial(ctx, path, "synchronous(OFF)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	return migrate(ctx, c, store)
}

// stamps says when the index and its log were changed last.
func stamps(path string) (all [2]string, err error) {
	for i, name := range []string{path, path + "-wal"} {
		st, err := os.Stat(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return all, err
		}
		if err == nil {
			all[i] = fmt.Sprint(st.Size(), st.ModTime().UnixNano())
		}
	}
	return all, nil
}
