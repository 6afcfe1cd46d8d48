package maildrop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OpenEML returns a source for the .eml files of a directory, sorted by name, or for a single
// file. The unique-ids are the file names without .eml. Deleting a message removes its file.
// Files of up to 256 KiB are cached in memory, 128 MiB in all, and served from there while they
// are unchanged. A directory without .eml files is an empty mailbox. Errors are of type
// *PathError.
func OpenEML(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	f := &folder{}
	if info.IsDir() {
		at := placeAt(path)
		f.scan = func() ([]entry, error) {
			at = at.again()
			return emlFiles(at)
		}
	} else {
		at, name := around(path)
		f.scan = func() ([]entry, error) {
			at = at.again()
			return emlFile(at, name, path)
		}
	}
	if _, err := f.List(); err != nil {
		return nil, err
	}
	return f, nil
}

func emlFiles(at *place) ([]entry, error) {
	names, err := os.ReadDir(at.path)
	if err != nil {
		return nil, unreadable(at.path, err)
	}
	entries := make([]entry, 0, len(names))
	for _, n := range names {
		ext := filepath.Ext(n.Name())
		if n.IsDir() || !strings.EqualFold(ext, ".eml") {
			continue
		}
		entries = append(entries, seen(at, n.Name(), strings.TrimSuffix(n.Name(), ext)))
	}
	return entries, nil
}

// emlFile returns the entry of a single file, or nothing after the file was deleted.
func emlFile(at *place, name, path string) ([]entry, error) {
	if _, err := at.look(name); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []entry{{at: at, name: name, path: path, uid: cleanUID(strings.TrimSuffix(name, filepath.Ext(name)))}}, nil
}
