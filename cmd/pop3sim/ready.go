package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"pop3mtm/cmd/internal/cli"
)

// listening is the object that --json prints and --ready-file holds: the address of each listener
// that runs.
type listening struct {
	POP3  string `json:"pop3"`
	POP3S string `json:"pop3s,omitempty"`
	SMTP  string `json:"smtp,omitempty"`
}

// ready tells the programs that wait for the server.
func ready(stdout io.Writer, asJSON bool, file string, l listening) error {
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	line = append(cli.EscapeJSON(line), '\n')
	if asJSON {
		if _, err := stdout.Write(line); err != nil {
			return err
		}
	}
	if file == "" {
		return nil
	}
	return writeWhole("--ready-file", file, line)
}

// removeStale removes the ready file of an earlier run, so that it does not name a server that has
// stopped.
func removeStale(path string) error {
	if path == "" {
		return nil
	}
	if folder, err := os.Stat(filepath.Dir(path)); err != nil || !folder.IsDir() {
		return fmt.Errorf("--ready-file %s: the directory %s does not exist", path, filepath.Dir(path))
	}
	info, err := os.Lstat(path)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return fmt.Errorf("--ready-file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("--ready-file %s exists and is not a regular file", path)
	}
	return os.Remove(path)
}

// writeWhole writes a file that others see only when it is complete. flag is whose path it is, for
// errors.
func writeWhole(flag, path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".pop3sim-*")
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	_, err = temporary.Write(content)
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name()) // the first error says what is wrong
		return fmt.Errorf("%s: %w", flag, err)
	}
	return nil
}
