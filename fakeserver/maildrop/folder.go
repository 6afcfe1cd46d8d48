package maildrop

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// folder is a Source with one file per message. Each List looks once at the directories and at each
// file, and reads files that are new or have changed, to measure them. Bodies are read when they
// are served.
type folder struct {
	mu     sync.Mutex
	places []*place
	// names returns the names of the files in a place that hold messages, in any order.
	names func(at *place) ([]string, error)
	key   func(name string) string // by which messages are sorted
	uid   func(name string) string // of a message, before it is made valid and unique
	shelf *shelf                   // of all places
	list  *fileList                // the last one; nil before
}

// add adds a place, before the first List.
func (f *folder) add(at *place) {
	at.rank, at.shelf = len(f.places), f.shelf
	f.places = append(f.places, at)
}

// fileList is a List of files.
type fileList struct {
	files  []fileMessage
	octets int64
}

func (l *fileList) Len() int         { return len(l.files) }
func (l *fileList) At(i int) Message { return &l.files[i] }
func (l *fileList) Octets() int64    { return l.octets }

// entry is a file that was found in a place.
type entry struct {
	at   *place
	name string
}

// List implements Source. While no file changes it returns the same list.
func (f *folder) List() (List, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, err := f.look()
	if err != nil {
		return nil, err
	}
	if f.list != nil && f.list.isStill(entries) {
		return f.list, nil
	}
	next := &fileList{files: f.recognize(entries)}
	if err := next.measure(f.list == nil); err != nil {
		return nil, err
	}
	f.name(next.files)
	for i := range next.files {
		next.octets += next.files[i].Size()
	}
	f.list = next
	f.shelf.fit(next)
	return next, nil
}

// look returns the files in serving order.
func (f *folder) look() ([]entry, error) {
	var entries []entry
	for i, at := range f.places {
		at = at.again()
		f.places[i] = at
		names, err := f.names(at)
		if err != nil {
			return nil, err
		}
		entries = slices.Grow(entries, len(names))
		for _, name := range names {
			entries = append(entries, entry{at, name})
		}
	}
	slices.SortFunc(entries, f.compare)
	return entries, nil
}

// compare returns the serving order of two files.
func (f *folder) compare(a, b entry) int {
	return cmp.Or(strings.Compare(f.key(a.name), f.key(b.name)), a.at.rank-b.at.rank, strings.Compare(a.name, b.name))
}

// isStill reports whether the list has exactly these files, and none has changed.
func (l *fileList) isStill(entries []entry) bool {
	if len(entries) != len(l.files) {
		return false
	}
	for i := range entries {
		if m := &l.files[i]; m.at != entries[i].at || m.name != entries[i].name {
			return false
		}
	}
	return inParallel(len(l.files), func(i int, _ []byte) error {
		if l.files[i].hasChanged() {
			return ErrChanged
		}
		return nil
	}) == nil
}

// recognize returns messages for the entries, those of the last list as they were.
func (f *folder) recognize(entries []entry) []fileMessage {
	files := make([]fileMessage, len(entries))
	var known []fileMessage
	if f.list != nil {
		known = f.list.files
	}
	for i, e := range entries {
		order := -1
		for len(known) > 0 {
			if order = f.compare(entry{known[0].at, known[0].name}, e); order >= 0 {
				break
			}
			known = known[1:]
		}
		if order == 0 {
			files[i] = known[0]
		}
		files[i].at, files[i].name = e.at, e.name
	}
	return files
}

// measure measures the files that are new or have changed, and leaves out those that are gone. At
// the first look at the folder a missing file is an error: a link that leads nowhere.
func (l *fileList) measure(first bool) error {
	err := inParallel(len(l.files), func(i int, buf []byte) error {
		m := &l.files[i]
		if m.uid != "" && !m.hasChanged() {
			return nil
		}
		err := m.measure(buf)
		if errors.Is(err, errFolder) || errors.Is(err, fs.ErrNotExist) && !first {
			m.at = nil
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	l.files = slices.DeleteFunc(l.files, func(m fileMessage) bool { return m.at == nil })
	return nil
}

// name gives new messages unique-ids. No message may get that of another one that is known.
func (f *folder) name(files []fileMessage) {
	if !slices.ContainsFunc(files, func(m fileMessage) bool { return m.uid == "" }) {
		return
	}
	uids := make(uidSet, len(files))
	for i := range files {
		if files[i].uid != "" {
			uids[files[i].uid] = 2
		}
	}
	for i := range files {
		if m := &files[i]; m.uid == "" {
			m.uid = uids.take(cleanUID(f.uid(m.name)))
		}
	}
}

// Remove implements Source.
func (f *folder) Remove(uids []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	gone := make(map[string]bool, len(uids))
	for _, uid := range uids {
		gone[uid] = true
	}
	var errs []error
	for i := range f.list.files {
		m := &f.list.files[i]
		if !gone[m.uid] {
			continue
		}
		err := os.Remove(m.at.file(m.name))
		if errors.Is(err, fs.ErrNotExist) {
			var path string
			if path, err = m.at.moved(m.name); err == nil {
				err = os.Remove(path)
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
