package mailfiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"
)

// Target is an output path that appears in one step, when everything is written.
type Target struct {
	path    string
	temp    string // a temporary directory beside path
	file    bool
	Written string // the file or directory in temp that is renamed to path
}

// IsNew reports whether a path does not exist or is an empty directory.
func IsNew(path string) bool {
	list, err := os.ReadDir(path)
	if err != nil {
		_, err = os.Lstat(path)
		return errors.Is(err, fs.ErrNotExist)
	}
	return len(list) == 0
}

// NewTarget creates a temporary directory beside the path for the output: a directory, or a file if
// file is true. The path must not exist; for a directory it may be an empty one.
func NewTarget(path string, file bool) (*Target, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadDir(path)
	_, missing := os.Lstat(path)
	switch {
	case err == nil && file:
		return nil, fmt.Errorf("%s is a directory: --out must be a new file for mbox", path)
	case err == nil && len(list) > 0:
		return nil, fmt.Errorf("%s is not empty: --out must be a new or an empty directory", path)
	case err != nil && !errors.Is(missing, fs.ErrNotExist):
		return nil, fmt.Errorf("%s already exists: --out must be a new path", path)
	}
	parent := filepath.Dir(path)
	if info, unknown := os.Stat(parent); unknown != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory: --out must be a path in an existing directory", parent)
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
	record := recordPath("mbox", t.Written) // the record of an eml directory has the same place
	if err := os.Rename(record, recordPath("mbox", t.path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if t.file {
		if err := os.Link(t.Written, t.path); err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		return os.Rename(t.Written, t.path) // the file system has no links
	}
	if err := os.Remove(t.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(t.Written, t.path)
}

// Discard removes the temporary directory and everything that was not published.
func (t *Target) Discard() { _ = os.RemoveAll(t.temp) }

// Room returns an error when the file system of path, which need not exist, cannot hold this many
// octets and files. It ignores what the file system needs itself, so that it fails only when the
// files certainly do not fit.
func Room(path string, octets int64, files int) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	freeOctets, freeFiles, err := Free(dir)
	if err != nil {
		return fmt.Errorf("%s is not a directory: --out must be a path in an existing directory", dir)
	}
	if uint64(octets) > freeOctets {
		return fmt.Errorf("not enough disk space: %s are needed, and %s has %s free", humanize.IBytes(uint64(octets)), dir, humanize.IBytes(freeOctets))
	}
	if freeFiles > 0 && uint64(files) > freeFiles {
		return fmt.Errorf("not enough inodes: %s files are needed, and %s has room for %s; --format mbox writes one file", humanize.Comma(int64(files)), dir,
			humanize.Comma(int64(freeFiles)))
	}
	return nil
}
