package maildrop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// OpenEML returns a source for the .eml files of a directory, sorted by name, or for a single
// file. The unique-ids are the file names without .eml. Deleting a message removes its file. A
// directory without .eml files is an empty mailbox. Errors are of type *PathError.
//
// All files are read once to measure them, on all processors, and again when they are served. About
// 100 octets are kept in memory for each file. When all messages together have at most 128 MiB,
// those of up to 64 KiB are also kept, and served from memory while their files are unchanged. When
// a file has changed since it was listed, Message.Open fails; when a file above 64 KiB changes
// while it is served, the reader fails.
func OpenEML(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	f := &folder{key: asItIs, uid: withoutExt, shelf: new(shelf)}
	if info.IsDir() {
		f.add(placeAt(path))
		f.names = emlNames
	} else {
		at, name := around(path)
		f.add(at)
		f.names = func(at *place) ([]string, error) { return soleName(at, name) }
	}
	if _, err := f.List(); err != nil {
		return nil, err
	}
	return f, nil
}

func asItIs(name string) string { return name }

func withoutExt(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

func emlNames(at *place) ([]string, error) {
	names, err := at.names()
	return slices.DeleteFunc(names, func(name string) bool { return !strings.EqualFold(filepath.Ext(name), ".eml") }), err
}

// soleName returns the name of a single file, or nothing after the file was deleted.
func soleName(at *place, name string) ([]string, error) {
	if _, err := at.look(name); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []string{name}, nil
}
