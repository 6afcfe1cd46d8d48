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

// Where the store is when no flag names it.
const (
	storeVariable = "MTM_STORE"
	storeName     = "mail.store"
)

// chooseStore returns the store without --store: that of MTM_STORE, the one in the current
// directory when it is the user's and nobody else can read it, else that in the user's data
// directory. It notes on stderr that it takes the one in the current directory; nil means
// that no note is wanted.
func chooseStore(stderr io.Writer) (string, error) {
	if dir := os.Getenv(storeVariable); dir != "" {
		return dir, nil
	}
	if info, err := os.Lstat(storeName); err == nil && info.IsDir() && onlyOurs(info) {
		if stderr != nil {
			_, err = fmt.Fprintf(stderr, "mtm: using the store %s in this folder\n", storeName)
		}
		return storeName, err
	}
	data, err := dataDirectory()
	if err != nil {
		return "", fmt.Errorf("no place for the message store: %w; name one with --store or %s", err, storeVariable)
	}
	return filepath.Join(data, "pop3mtm", storeName), nil
}

// makeParent makes the folder of a store in the user's data directory.
func makeParent(dir string) error {
	if _, err := os.Stat(filepath.Dir(dir)); !errors.Is(err, fs.ErrNotExist) || os.Getenv(storeVariable) == dir {
		return nil // opening the store reports what is wrong
	}
	data, err := dataDirectory()
	if err != nil || dir != filepath.Join(data, "pop3mtm", storeName) {
		return nil
	}
	return os.MkdirAll(filepath.Dir(dir), 0o700)
}

// dataDirectory returns where programs keep what belongs to the user.
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
