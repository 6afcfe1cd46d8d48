package maildrop

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// OpenMaildir returns a source for the messages in new and cur of a Maildir, sorted by key.
// Serving moves no file and sets no flag, so a read-only Maildir works and a test leaves no
// trace. Names without flags in cur are served too. The unique-ids are the keys. Files are measured
// and read as by OpenEML; a file that another program has moved or flagged is found. Errors are of
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
	f := &folder{names: maildirNames, key: maildirKey, uid: maildirKey, shelf: new(shelf)}
	for _, sub := range []string{"new", "cur"} {
		at := placeAt(filepath.Join(path, sub))
		at.maildir = path
		f.add(at)
	}
	if _, err := f.List(); err != nil {
		return nil, err
	}
	return f, nil
}

func maildirNames(at *place) ([]string, error) {
	names, err := at.names()
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, ".") }), err
}

// maildirKey returns the part of a file's name that stays when its flags change.
func maildirKey(name string) string {
	// File names on Windows cannot have a colon.
	separator := ":"
	if runtime.GOOS == "windows" {
		separator = ";"
	}
	key, _, _ := strings.Cut(name, separator)
	return key
}
