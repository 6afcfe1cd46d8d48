package maildrop

import (
	"os"
	"path/filepath"
)

// place is a folder whose files are looked at again and again. Where the system can, that is done from an open folder:
// walking along its path for every file costs more than the look. It never changes.
type place struct {
	path   string
	folder *os.File    // closed when nobody has the place any more; nil: files are found by their path
	info   os.FileInfo // of the open folder
}

// placeAt opens the folder at path, if that can be done.
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

// around is the folder that a file is in, and the file's name there.
func around(path string) (*place, string) {
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	return placeAt(dir), name
}

// again is the place with this path now: p, as long as another folder has not taken its place.
func (p *place) again() *place {
	if p.folder == nil {
		return placeAt(p.path)
	}
	if info, err := os.Stat(p.path); err == nil && os.SameFile(info, p.info) {
		return p
	}
	return placeAt(p.path)
}

// look is the stamp of the file with this name.
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
