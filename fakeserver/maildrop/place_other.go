//go:build !unix

package maildrop

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Windows cannot remove a directory that is open.
const looksFromFolders = false

// stampOf returns the stamp of a file that os.Stat has described.
func stampOf(info os.FileInfo) stamp {
	return stamp{size: info.Size(), modified: info.ModTime().UnixNano()}
}

func lookFrom(*os.File, string) (stamp, error) { return stamp{}, errors.ErrUnsupported }

// handle is an open file.
type handle struct{ *os.File }

// open opens a file for reading.
func (p *place) open(name string) (handle, error) {
	f, err := os.Open(filepath.Join(p.path, name))
	return handle{f}, err
}

// skip sets the offset of the next Read.
func (h handle) skip(to int64) error {
	_, err := h.Seek(to, io.SeekStart)
	return err
}

// stat returns the stamp of a regular file, errFolder for a directory, and errNotRegular otherwise.
func (h handle) stat() (stamp, error) {
	info, err := h.File.Stat()
	switch {
	case err != nil:
		return stamp{}, err
	case info.IsDir():
		return stamp{}, errFolder
	case !info.Mode().IsRegular():
		return stamp{}, errNotRegular
	}
	return stampOf(info), nil
}
