package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The names in a store's directory.
const (
	indexName  = "index.db"
	newPrefix  = "index.db.new-" // an index that is being created
	bodiesName = "bodies"
)

// folder is the path of a store's directory. Its methods return the paths of files in it.
type folder string

func (d folder) indexPath() string { return filepath.Join(string(d), indexName) }

func (d folder) segmentPath(id int64) string {
	return filepath.Join(string(d), bodiesName, fmt.Sprintf("%08d.seg", id))
}

func (d folder) segmentLockPath(id int64) string {
	return filepath.Join(string(d), bodiesName, fmt.Sprintf("%08d.lock", id))
}

// segmentFiles returns the numbers of the existing segment files in ascending order.
func (d folder) segmentFiles() ([]int64, error) {
	list, err := os.ReadDir(filepath.Join(string(d), bodiesName))
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
		if id, err := strconv.ParseInt(name, 10, 64); err == nil && filepath.Base(d.segmentPath(id)) == entry.Name() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// lockSegment locks the segment for writing. It returns nil when another writer has the lock.
func (d folder) lockSegment(id int64) (*os.File, error) {
	lock, err := os.OpenFile(d.segmentLockPath(id), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskError(err)
	}
	ok, err := tryLock(lock)
	if err != nil || !ok {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// removeSegment deletes the files of a segment without a row in the index, unless a reader has it
// open. It reports whether it did. The caller holds the segment's lock.
func (d folder) removeSegment(id int64) (bool, error) {
	free, err := d.unread(id)
	if err != nil || !free {
		return false, err
	}
	if err := os.Remove(d.segmentPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, nil //nolint:nilerr // open elsewhere on Windows; the next recovery removes it
	}
	_ = os.Remove(d.segmentLockPath(id)) // fails on Windows, where it is open: an empty file stays
	return true, nil
}

// unread reports whether no reader has the segment open.
func (d folder) unread(id int64) (bool, error) {
	f, err := openFile(d.segmentPath(id), os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	free, err := tryLock(f)
	return free, errors.Join(err, f.Close())
}

// openFile opens an existing file of the store. It opens only regular files, since a named pipe
// would block until somebody writes into it.
func openFile(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|noWait, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w: it is not a regular file", path, ErrNotStore)
	}
	if err != nil {
		_ = f.Close() // it was not used
		return nil, err
	}
	return f, nil
}
