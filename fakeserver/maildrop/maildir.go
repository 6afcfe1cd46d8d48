package maildrop

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/emersion/go-maildir"
)

// OpenMaildir returns a source for the messages in new and cur of a Maildir, sorted by key.
// Serving moves no file and sets no flag, so a read-only Maildir works and a test leaves no
// trace. Names without flags in cur are served too. The unique-ids are the keys. Errors are of
// type *PathError and wrap ErrFormat when path is not a Maildir.
func OpenMaildir(path string) (Source, error) {
	for _, sub := range []string{"", "cur", "new"} {
		info, err := os.Stat(filepath.Join(path, sub))
		switch {
		case os.IsNotExist(err) && sub != "", err == nil && !info.IsDir():
			return nil, &PathError{path, "is not a Maildir; it needs directories named cur, new and tmp", ErrFormat}
		case err != nil:
			return nil, unreadable(path, err)
		}
	}
	subs := []*place{placeAt(filepath.Join(path, "new")), placeAt(filepath.Join(path, "cur"))}
	f := &folder{scan: func() ([]entry, error) {
		for i, at := range subs {
			subs[i] = at.again()
		}
		return maildirFiles(path, subs)
	}}
	if _, err := f.List(); err != nil {
		return nil, err
	}
	return f, nil
}

func maildirFiles(dir string, subs []*place) ([]entry, error) {
	// File names on Windows cannot have a colon.
	separator := ":"
	if runtime.GOOS == "windows" {
		separator = ";"
	}
	var entries []entry
	for _, at := range subs {
		names, err := os.ReadDir(at.path)
		if err != nil {
			return nil, unreadable(at.path, err)
		}
		for _, n := range names {
			if n.IsDir() || strings.HasPrefix(n.Name(), ".") {
				continue
			}
			key, _, _ := strings.Cut(n.Name(), separator)
			e := seen(at, n.Name(), key)
			// Another program may move the file to cur or change its flags.
			e.find = func() (string, error) { return maildirPath(dir, key) }
			entries = append(entries, e)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Compare(a.uid, b.uid)
	})
	return entries, nil
}

func maildirPath(dir, key string) (string, error) {
	m, err := maildir.Dir(dir).MessageByKey(key)
	if err != nil {
		return "", &os.PathError{Op: "find", Path: filepath.Join(dir, key), Err: os.ErrNotExist}
	}
	return m.Filename(), nil
}
