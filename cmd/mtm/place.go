package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// The names for the store's place when --store does not name it.
const (
	storeVariable = "MTM_STORE"
	storeName     = "mail.store"
)

// chooseStore returns the store to use without --store: that of MTM_STORE, else the one in the
// current directory if only the user can use it, else the one in the user's data directory. It
// prints a note on stderr when it takes the one in the current directory, unless stderr is nil.
func chooseStore(stderr io.Writer) (string, error) {
	if dir := os.Getenv(storeVariable); dir != "" {
		return dir, nil
	}
	if info, err := os.Lstat(storeName); err == nil && info.IsDir() && onlyOurs(info) {
		if stderr != nil {
			_, err = fmt.Fprintf(stderr, "mtm: using the store %s in this directory\n", storeName)
		}
		return storeName, err
	}
	data, err := dataDirectory()
	if err != nil {
		return "", fmt.Errorf("no place for the message store: %w; set --store or %s", err, storeVariable)
	}
	return filepath.Join(data, "pop3mtm", storeName), nil
}

// makeParent creates the parent directory of a store in the user's data directory.
func makeParent(dir string) error {
	if _, err := os.Stat(filepath.Dir(dir)); !errors.Is(err, fs.ErrNotExist) || os.Getenv(storeVariable) == dir {
		return nil // opening the store reports the error
	}
	data, err := dataDirectory()
	if err != nil || dir != filepath.Join(data, "pop3mtm", storeName) {
		return nil
	}
	return os.MkdirAll(filepath.Dir(dir), 0o700)
}

// dataDirectory returns the directory in which programs keep the user's data.
func dataDirectory() (string, error) {
	switch runtime.GOOS {
	case "windows":
		if dir := os.Getenv("LocalAppData"); dir != "" {
			return dir, nil
		}
		return "", errors.New("%LocalAppData% is not set")
	case "darwin":
		home, err := os.UserHomeDir()
		return filepath.Join(home, "Library", "Application Support"), err
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share"), err
}
