package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"
)

// open chooses the index file for reading. SQLite creates files beside the index even to read it.
// On a full or read-only disk it therefore reads the file without locks when its log is empty, and
// a private copy otherwise. Nobody else has the index open then, since the files would exist.
func (x *index) open(ctx context.Context) error {
	x.file = indexFile{path: x.dir.indexPath()}
	v, err := x.try(ctx)
	if !x.readOnly {
		return err
	}
	if err == nil && v == len(migrations()) {
		return nil
	}
	if err != nil && !isBarred(err) {
		return err
	}
	if err != nil {
		wal, failed := readWAL(x.file.path + "-wal")
		if failed == nil && wal.pages == 0 {
			x.file.frozen = true
			if v, err = x.try(ctx); err != nil || v == len(migrations()) {
				return err
			}
		}
	}
	if err = x.copy(ctx); err != nil {
		return err
	}
	_, err = x.try(ctx)
	return err
}

// isBarred reports whether SQLite could not open the index because of the disk or its permissions.
func isBarred(err error) bool {
	switch primaryCode(err) {
	case sqlite.ResultPerm, sqlite.ResultReadOnly, sqlite.ResultIOErr, sqlite.ResultFull, sqlite.ResultCantOpen:
		return true
	}
	return false
}

// try opens the index and returns its version.
func (x *index) try(ctx context.Context) (v int, err error) {
	err = x.read(ctx, func(c *conn) error {
		v, err = version(ctx, c, string(x.dir))
		if err == nil {
			_, _, err = c.number(ctx, "SELECT count(*) FROM sqlite_schema")
		}
		return err
	})
	if err != nil {
		err = errors.Join(err, x.readers.drop())
	}
	return v, err
}

// copy makes a private copy of the index in the system's directory for temporary files, and
// migrates it.
func (x *index) copy(ctx context.Context) error {
	from := x.dir.indexPath()
	var err error
	for _, dir := range []string{os.TempDir(), "/dev/shm"} { // /dev/shm is in memory
		var to indexFile
		if to, err = copyInto(ctx, from, dir, string(x.dir)); err == nil {
			x.file = to
			return x.readers.drop()
		}
	}
	return fmt.Errorf("cannot read the index here without a private copy, and copying it failed: %w", diskError(err))
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

// migrateCopy migrates a private copy.
func migrateCopy(ctx context.Context, path, store string) (err error) {
	c, err := dial(ctx, path, "synchronous(OFF)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	return migrate(ctx, c, store)
}

// stamps returns sizes and times of change of the index and its log.
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
