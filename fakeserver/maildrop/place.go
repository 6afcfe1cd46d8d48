package maildrop

import (
	"os"
	"path/filepath"

	"github.com/emersion/go-maildir"
)

// place is a directory whose files are checked often. Where the system supports it, they are
// looked up relative to an open directory: resolving the whole path for each file costs more than
// the lookup. A place is immutable.
type place struct {
	path    string
	rank    int         // the order of places with files of the same key
	maildir string      // the Maildir in which files move; "" when they never move
	folder  *os.File    // closed by its finalizer; nil: files are looked up by path
	info    os.FileInfo // of the open directory
	shelf   *shelf      // for the octets of small files
}

// placeAt returns the place at path, and opens the directory if it can.
func placeAt(path string) *place {
	p := &place{path: path, shelf: new(shelf)}
	p.openFolder()
	return p
}

func (p *place) openFolder() {
	if !looksFromFolders {
		return
	}
	f, err := os.Open(p.path)
	if err != nil {
		return
	}
	if p.info, err = f.Stat(); err == nil {
		p.folder = f
	} else {
		_ = f.Close() // it was only opened
	}
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
	if p.folder != nil {
		if info, err := os.Stat(p.path); err == nil && os.SameFile(info, p.info) {
			return p
		}
	}
	next := &place{path: p.path, rank: p.rank, maildir: p.maildir, shelf: p.shelf}
	next.openFolder()
	return next
}

// names returns the names in the directory, in no order.
func (p *place) names() ([]string, error) {
	f, err := os.Open(p.path)
	if err != nil {
		return nil, unreadable(p.path, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, unreadable(p.path, err)
	}
	return names, nil
}

// file returns the path of a file.
func (p *place) file(name string) string { return filepath.Join(p.path, name) }

// moved returns the new path of a file that was moved, if it is known where files move.
func (p *place) moved(name string) (string, error) {
	gone := &os.PathError{Op: "find", Path: p.file(name), Err: os.ErrNotExist}
	if p.maildir == "" {
		return "", gone
	}
	m, err := maildir.Dir(p.maildir).MessageByKey(maildirKey(name))
	if err != nil {
		return "", gone
	}
	return m.Filename(), nil
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
