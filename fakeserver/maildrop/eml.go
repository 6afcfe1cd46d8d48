package maildrop

import (
	"os"
	"path/filepath"
	"strings"
)

// OpenEML serves the .eml files of a folder, sorted by name, or a single file.
// The unique-ids are the names without .eml. A message that is deleted is
// removed from the folder. Files of up to 256 KiB are kept in memory until they
// take 128 MiB, and served from there as long as they have not changed. The error is a *PathError, with ErrEmpty when there
// is no .eml file.
func OpenEML(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	f := &folder{scan: func() ([]entry, error) { return emlFiles(path) }}
	if !info.IsDir() {
		f.scan = func() ([]entry, error) { return emlFile(path) }
	}
	empty := &PathError{path, "holds no .eml files; put messages with names that end in .eml into it", ErrEmpty}
	if err := f.open(empty); err != nil {
		return nil, err
	}
	return f, nil
}

func emlFiles(dir string) ([]entry, error) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	entries := make([]entry, 0, len(names))
	for _, n := range names {
		ext := filepath.Ext(n.Name())
		if n.IsDir() || !strings.EqualFold(ext, ".eml") {
			continue
		}
		entries = append(entries, entry{
			path: filepath.Join(dir, n.Name()),
			uid:  cleanUID(strings.TrimSuffix(n.Name(), ext)),
		})
	}
	return entries, nil
}

// emlFile lists nothing once the file has been deleted.
func emlFile(path string) ([]entry, error) {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil, nil
	}
	name := filepath.Base(path)
	return []entry{{path: path, uid: cleanUID(strings.TrimSuffix(name, filepath.Ext(name)))}}, nil
}
