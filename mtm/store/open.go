package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open opens the store in the directory dir. When dir is missing or empty, it creates a store there
// with modes 0700 and 0600, unless o forbids it. It removes what a crash has left, except in files
// that other processes are writing. The caller must Close the store.
//
// Errors are ErrNotStore, ErrNewer, ErrLocked, ErrCorrupt, and those of the system.
func Open(dir string, o *Options) (*Store, error) {
	opt := o.orDefault()
	exists, err := recognise(dir)
	if err != nil {
		return nil, err
	}
	if !exists {
		if opt.MustExist || opt.ReadOnly {
			return nil, fmt.Errorf("%s: %w: there is no message store; check the path", dir, ErrNotStore)
		}
		if err := create(dir); err != nil {
			return nil, err
		}
	}
	if opt.ReadOnly && opt.Upgrade {
		upgrade(dir, opt)
	}
	s := newStore(dir, opt)
	if err := s.start(context.Background()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// upgrade migrates a store of an older version. It ignores errors, such as a full or read-only
// disk: then a private copy of the index is migrated for reading.
func upgrade(dir string, opt Options) {
	var h [4]byte
	f, err := openFile(filepath.Join(dir, indexName), os.O_RDONLY)
	if err != nil {
		return
	}
	_, err = f.ReadAt(h[:], 60) // user_version
	_ = f.Close()               // it was only read
	if err != nil || int(binary.BigEndian.Uint32(h[:])) >= len(migrations()) {
		return
	}
	opt.ReadOnly, opt.MustExist = false, true
	if s, err := Open(dir, &opt); err == nil {
		_ = s.Close()
	}
}

// start opens the connections, migrates the index, and recovers from a crash.
func (s *Store) start(ctx context.Context) error {
	err := s.index.open(ctx)
	if err != nil || s.options.ReadOnly {
		return err
	}
	if err := s.index.dialWriter(ctx, s.options.Before); err != nil {
		return err
	}
	if err := makeFolder(filepath.Join(s.Dir(), bodiesName)); err != nil {
		return diskError(err)
	}
	return diskError(s.recover(ctx))
}

// Close closes the store. Batches that were not committed are lost. Open BodyReaders stay usable,
// and must be closed separately.
func (s *Store) Close() error {
	if s.unnoted.Swap(0) > 0 {
		_ = s.noteDeleted(context.Background()) // otherwise the next program that writes does it
	}
	return errors.Join(s.writers.close(), s.index.close())
}

// recognise reports whether dir contains a store. It returns false for a missing or empty
// directory, and ErrNotStore for other content. It writes nothing.
func recognise(dir string) (bool, error) {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		if st, e := os.Stat(dir); e == nil && !st.IsDir() {
			return false, fmt.Errorf("%s: %w: it is a file, but a store is a directory", dir, ErrNotStore)
		}
		return false, err
	}
	for _, entry := range list {
		if entry.Name() == indexName {
			return true, checkHeader(dir)
		}
	}
	for _, entry := range list {
		if entry.Name() == bodiesName {
			return false, fmt.Errorf("%s: %w: its %s is missing; 'mtm salvage' recovers what is intact into a new store",
				dir, ErrCorrupt, indexName)
		}
		if !strings.HasPrefix(entry.Name(), newPrefix) {
			return false, fmt.Errorf("%s: %w: it contains %q and no %s; name an empty or a new directory",
				dir, ErrNotStore, entry.Name(), indexName)
		}
	}
	return false, nil
}

// checkHeader checks the first octets of index.db: the name of the format, and the application id
// in octets 68 to 71.
func checkHeader(dir string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} { // SQLite would open any file of these names
		st, err := os.Lstat(filepath.Join(dir, indexName+suffix))
		if err == nil && !st.Mode().IsRegular() {
			return fmt.Errorf("%s: %w: its %s is not a regular file", dir, ErrNotStore, indexName+suffix)
		}
	}
	f, err := openFile(filepath.Join(dir, indexName), os.O_RDONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	var head [72]byte
	if _, err := io.ReadFull(f, head[:]); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if string(head[:16]) != "SQLite format 3\x00" || binary.BigEndian.Uint32(head[68:]) != applicationID {
		if ids, err := folder(dir).segmentFiles(); err == nil && len(ids) > 0 {
			return fmt.Errorf("%s: %w: its %s cannot be read; 'mtm salvage' recovers what is intact into a new store",
				dir, ErrCorrupt, indexName)
		}
		return fmt.Errorf("%s: %w: its %s was not written by this program", dir, ErrNotStore, indexName)
	}
	return nil
}

// create creates a store in dir. The index gets its name only when it is complete, so that a crash
// or a second creator cannot damage it.
func create(dir string) error {
	if err := makeFolder(dir); err != nil {
		return diskError(err)
	}
	f, err := os.CreateTemp(dir, newPrefix)
	if err != nil {
		return err
	}
	temp, target := f.Name(), filepath.Join(dir, indexName)
	err = f.Close() // SQLite keeps the mode 0600 of the empty file
	if err == nil {
		err = fillIndex(temp, dir)
	}
	if err == nil {
		err = publish(temp, target)
	}
	_ = os.Remove(temp)
	if _, e := os.Stat(target); e == nil && err != nil {
		return nil // another process was faster, and its store is used
	}
	if err != nil {
		return err
	}
	return syncDir(dir)
}

// makeFolder creates the directory dir and missing parents, and syncs their names to disk.
func makeFolder(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeFolder(filepath.Dir(dir)); err == nil {
			err = os.Mkdir(dir, 0o700)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err = syncDir(filepath.Dir(dir)); errors.Is(err, fs.ErrPermission) {
		return nil // the parent cannot be opened, and so not synced
	}
	return err
}

func fillIndex(path, dir string) (err error) {
	ctx := context.Background()
	c, err := dial(ctx, path, pragma("page_size", pageSize), "synchronous(FULL)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := migrate(ctx, c, dir); err != nil {
		return err
	}
	return c.script(ctx, "PRAGMA journal_mode = WAL")
}

// publish gives the file its final name unless another file has it. Where the file system has no
// links, it renames the file.
func publish(temp, target string) error {
	err := os.Link(temp, target)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	if _, err := os.Stat(target); err == nil {
		return nil
	}
	return os.Rename(temp, target)
}
