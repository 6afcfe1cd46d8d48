package maildrop

import (
	"os"
	"path/filepath"
)

// place is a directory whose files are checked often. Where the system supports it, they are
// looked up relative to an open directory: resolving the whole path for each file costs more than
// the lookup. A place is immutable.
type place struct {
	path   string
	folder *os.File    // closed by its finalizer; nil: files are looked up by path
	info   os.FileInfo // of the open directory
}

// placeAt returns the place at path, and opens the directory if it can.
func placeAt(path string) *place {
	p := &place{path: path}
	if !looksFromFolders {
		return p
	}
	f, err := os.Open(path)
	if err != nil {
		return p
	}
	if p.info, err = f.Stat(); err == nil {
		p.folder = f
	} else {
		_ = f.Close() // it was only opened
	}
	return p
}

// around returns the directory of a file and the file's name in it.
func around(path string) (*place, string) {
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	return placeAt(dir), name
}

// again returns p, or a new place when another directory has replaced the one at its path.
func (p *place) again() *place {
	if p.folder == nil {
		return placeAt(p.path)
	}
	if info, err := os.Stat(p.path); err == nil && os.SameFile(info, p.info) {
		return p
	}
	return placeAt(p.path)
}

// look returns the stamp of the file called name.
func (p *place) look(name string) (stamp, error) {
	if p.folder != nil {
		return lookFrom(p.folder, name)
	}
	info, err := os.Stat(filepath.Join(p.path, name))
	if err != nil {
		return stamp{}, err
	}
	return stampOf(info), nil
}
