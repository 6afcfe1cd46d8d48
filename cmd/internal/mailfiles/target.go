package mailfiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Target is a path that appears at once when everything is in it.
type Target struct {
	path    string
	temp    string // a folder beside it
	file    bool
	Written string // what gets the name: a file or a folder in temp
}

// IsNew reports whether nothing is at a path, or an empty folder.
func IsNew(path string) bool {
	list, err := os.ReadDir(path)
	if err != nil {
		_, err = os.Lstat(path)
		return errors.Is(err, fs.ErrNotExist)
	}
	return len(list) == 0
}

// NewTarget makes a temporary folder beside the path, or the name of a file in one. The path must
// not exist, or be an empty folder when it is not a file that is written.
func NewTarget(path string, file bool) (*Target, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadDir(path)
	_, missing := os.Lstat(path)
	switch {
	case err == nil && file:
		return nil, fmt.Errorf("%s is a folder: --out names a new file for mbox", path)
	case err == nil && len(list) > 0:
		return nil, fmt.Errorf("%s is not empty: --out names a new or an empty folder", path)
	case err != nil && !errors.Is(missing, fs.ErrNotExist):
		return nil, fmt.Errorf("%s exists already: --out names a path that is new", path)
	}
	parent := filepath.Dir(path)
	if info, unknown := os.Stat(parent); unknown != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory: --out takes a path in an existing one", parent)
	}
	temp, err := os.MkdirTemp(parent, "."+filepath.Base(path)+".part-")
	if err != nil {
		return nil, err
	}
	t := &Target{path: path, temp: temp, file: file, Written: filepath.Join(temp, "mail")}
	if file {
		return t, nil
	}
	return t, os.Mkdir(t.Written, 0o700)
}

// Publish renames the finished output to its final name. It replaces only an empty directory.
func (t *Target) Publish() error {
	record := recordPath("mbox", t.Written) // that of an eml folder has the same place
	if err := os.Rename(record, recordPath("mbox", t.path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if t.file {
		if err := os.Link(t.Written, t.path); err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		return os.Rename(t.Written, t.path) // a file system without links
	}
	if err := os.Remove(t.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(t.Written, t.path)
}

// Discard removes the temporary folder, with what was not published.
func (t *Target) Discard() { _ = os.RemoveAll(t.temp) }
