package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"pop3mtm/fakeserver/maildrop"
)

// syncEvery is how many messages the bare programs write between two syncs.
const syncEvery = 1000

// bare is one of two small programs that show what the machine can do: a POP3 client that pipelines and knows nothing
// but RETR, and a receiver that does not even speak POP3. Both append to one file.
type bare struct {
	bench   string
	command string // retrName or receiveName
}

// bareSpec is what such a program reads from its standard input.
type bareSpec struct {
	Login login  `json:"login"`
	File  string `json:"file"`
}

func (bare) version(context.Context) (string, error) {
	return fmt.Sprintf("built into the bench, one file, no index, a sync for %d messages", syncEvery), nil
}

func bareFile(dir string) string { return filepath.Join(dir, "mail") }

// prepare leaves nothing for the measured run but its work.
func (bare) prepare(context.Context, login, string, job) error { return nil }

func (b bare) fetch(ctx context.Context, l login, dir string, _ job, _ func(int64)) error {
	spec := bareSpec{Login: l, File: bareFile(dir)}
	return runSpec(ctx, []string{b.bench, b.command}, b.command, spec, func(stdout io.Reader) error {
		_, err := io.Copy(io.Discard, stdout)
		return err
	})
}

// verify compares the file with all messages, one after another.
func (b bare) verify(_ context.Context, dir string, served maildrop.List, _ job) (kept, error) {
	f, err := os.Open(bareFile(dir))
	if err != nil {
		return kept{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	all, c := bufio.NewReaderSize(f, 1<<20), newComparer()
	for i := range served.Len() {
		m := served.At(i)
		if err := c.next(all, m); err != nil {
			return kept{}, fmt.Errorf("message %s: %w", m.UID(), err)
		}
	}
	if _, err := all.ReadByte(); err != io.EOF {
		return kept{}, errors.Join(errors.New("there is more than what was served"), err)
	}
	return keptAll(served), nil
}

// next compares the next octets of a stream with a message.
func (c *comparer) next(all io.Reader, m maildrop.Message) (err error) {
	body, err := m.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	return c.same(io.LimitReader(all, m.Size()), body)
}

// appending opens a new file for f, and syncs and closes it at the end.
func appending(path string, f func(*os.File) error) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f(file), file.Sync(), file.Close())
}
