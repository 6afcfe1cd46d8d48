package maildrop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OpenEML serves the .eml files of a folder, sorted by name, or a single file.
// The unique-ids are the names without .eml. A message that is deleted is
// removed from the folder. Files of up to 256 KiB are kept in memory until they
// take 128 MiB, and served from there as long as they have not changed. A folder without .eml files is an empty mailbox. The
// error is a *PathError.
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

// emlFile lists nothing once the file has been deleted.
func emlFile(at *place, name, path string) ([]entry, error) {
	if _, err := at.look(name); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []entry{{at: at, name: name, path: path, uid: cleanUID(strings.TrimSuffix(name, filepath.Ext(name)))}}, nil
}
