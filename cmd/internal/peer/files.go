package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// numbered is the directory below a client's directory that holds its messages, in
// files named 1, 2, 3 ...
const numbered = "messages"

// deliver writes a program for clients that start one for each message: it stores its standard
// input in the next numbered file.
func deliver(dir string) (string, error) {
	if err := os.Mkdir(filepath.Join(dir, numbered), 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "count"), []byte("0\n"), 0o600); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "deliver")
	script := fmt.Sprintf("#!/bin/sh\nset -e\ncd '%s'\nread n <count\nn=$((n + 1))\necho $n >count\nexec cat >%s/$n\n", dir, numbered)
	return path, os.WriteFile(path, []byte(script), 0o700)
}

// readNumbered returns the contents of the numbered files in the order of their numbers.
func readNumbered(dir string) ([][]byte, error) {
	dir = filepath.Join(dir, numbered)
	return readSorted(dir, strconv.Atoi)
}

// readSorted returns the contents of all files of a directory in the order of
// the number in each name.
func readSorted(dir string, number func(name string) (int, error)) ([][]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	type file struct {
		name   string
		number int
	}
	files := make([]file, 0, len(entries))
	for _, e := range entries {
		n, err := number(e.Name())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), err)
		}
		files = append(files, file{e.Name(), n})
	}
	slices.SortFunc(files, func(a, b file) int { return a.number - b.number })
	messages := make([][]byte, 0, len(files))
	for _, f := range files {
		body, err := os.ReadFile(filepath.Join(dir, f.name))
		if err != nil {
			return nil, err
		}
		messages = append(messages, body)
	}
	return messages, nil
}
