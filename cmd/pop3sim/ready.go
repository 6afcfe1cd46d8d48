package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
)

// listening is the object that --json prints and --ready-file contains: the address of each running
// listener.
type listening struct {
	POP3  string `json:"pop3"`
	POP3S string `json:"pop3s,omitempty"`
	SMTP  string `json:"smtp,omitempty"`
	HTTP  string `json:"http,omitempty"`
}

// readiness tells programs that wait for the server where it listens.
type readiness struct {
	json    bool
	file    cli.Path
	written []byte // the content of the file, nil before
}

func (r *readiness) add(flags *pflag.FlagSet, example string) {
	flags.BoolVar(&r.json, "json", false, `print `+example+` as the first line of stdout when ready`)
	flags.Var(&r.file, "ready-file", "write the same to `FILE` when ready; it is removed when the server stops")
}

// addFile adds the flag for the file alone.
func (r *readiness) addFile(flags *pflag.FlagSet) {
	flags.Var(&r.file, "ready-file", "write the addresses, as JSON, to `FILE` when ready; it is removed when the server stops")
}

// announce prints the line and writes the file.
func (r *readiness) announce(stdout io.Writer, l listening) error {
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	line = append(cli.EscapeJSON(line), '\n')
	if r.json {
		if _, err := stdout.Write(line); err != nil {
			return err
		}
	}
	if r.file == "" {
		return nil
	}
	r.written = line
	return writeWhole("--ready-file", r.file.String(), line)
}

// withdraw removes the file that announce wrote, unless another server has replaced it.
func (r *readiness) withdraw() {
	if r.written == nil {
		return
	}
	if now, err := os.ReadFile(r.file.String()); err == nil && bytes.Equal(now, r.written) {
		_ = os.Remove(r.file.String()) // the next start removes it, or says why it cannot
	}
}

// prepare removes the file of an earlier run, so that it does not name a server that has stopped.
func (r *readiness) prepare() error {
	path := r.file.String()
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

// writeWhole writes a file that others see only when it is complete. flag is the flag with the
// path, for errors.
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
