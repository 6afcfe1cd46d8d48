package maildrop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// entry describes a file in a directory that holds one message.
type entry struct {
	at   *place
	name string // of the file in at
	path string
	uid  string
	find func() (string, error)
}

// seen returns the entry of a file, with find unset.
func seen(at *place, name, uid string) entry {
	return entry{at: at, name: name, path: filepath.Join(at.path, name), uid: cleanUID(uid)}
}

// folder is a Source with one file per message. A file is measured once, and again when
// its size or modification time has changed. Small files are cached in memory.
type folder struct {
	mu    sync.Mutex
	scan  func() ([]entry, error) // the files in serving order
	known map[string]*fileMessage // by path
}

// List implements Source.
func (f *folder) List() (List, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, err := f.scan()
	if err != nil {
		return nil, err
	}
	known := make(map[string]*fileMessage, len(entries))
	list := make(messages, 0, len(entries))
	uids := f.usedUIDs(entries)
	var buf []byte
	left := f.left()
	for _, e := range entries {
		m := f.known[e.path]
		if m == nil || m.hasChanged(e) {
			if buf == nil {
				buf = make([]byte, 256<<10)
			}
			m, err = f.load(e, uids, buf, &left)
			if errors.Is(err, fs.ErrNotExist) && f.known != nil {
				continue // removed since the directory was read
			}
			if err != nil {
				return nil, err
			}
		}
		if m.at != e.at {
			moved := *m
			moved.at, m = e.at, &moved
		}
		known[e.path] = m
		list = append(list, m)
	}
	f.known = known
	return list, nil
}

// usedUIDs returns the unique-ids of the files that are known already. No new file may
// get one of them.
func (f *folder) usedUIDs(entries []entry) uidSet {
	uids := make(uidSet, len(entries))
	for _, e := range entries {
		if m := f.known[e.path]; m != nil {
			uids[m.uid] = 2
		}
	}
	return uids
}

// left returns the remaining cache budget.
func (f *folder) left() room {
	left := room(keptAtMost)
	for _, m := range f.known {
		left -= room(len(m.octets))
	}
	return left
}

// load measures a new or changed file and returns its message.
func (f *folder) load(e entry, uids uidSet, buf []byte, left *room) (*fileMessage, error) {
	m := &fileMessage{at: e.at, name: e.name, path: e.path, find: e.find}
	if err := m.measure(buf, left); err != nil {
		return nil, err
	}
	if before := f.known[e.path]; before != nil {
		m.uid = before.uid
	} else {
		m.uid = uids.take(e.uid)
	}
	return m, nil
}

// Remove implements Source.
func (f *folder) Remove(uids []string) error {
	gone := make(map[string]bool, len(uids))
	for _, uid := range uids {
		gone[uid] = true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for path, m := range f.known {
		if !gone[m.uid] {
			continue
		}
		err := os.Remove(path)
		if errors.Is(err, fs.ErrNotExist) && m.find != nil {
			if path, err = m.find(); err == nil {
				err = os.Remove(path)
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		delete(f.known, m.path)
	}
	return errors.Join(errs...)
}
