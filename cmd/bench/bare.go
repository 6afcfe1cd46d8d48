package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"pop3mtm/fakeserver/maildrop"
)

// syncEvery is how many messages the bare programs write between two syncs.
const syncEvery = 1000

// bare is one of two small programs that show what the machine can do: a POP3 client that knows nothing but RETR, and a
// receiver that does not even speak POP3. Both append to one file; or they throw everything away, when it is the server
// that is measured.
type bare struct {
	bench   string
	command string // retrName or receiveName
	window  int    // RETR in flight
	sum     bool   // throw away
}

// bareSpec is what such a program reads from its standard input.
type bareSpec struct {
	Login  login  `json:"login"`
	File   string `json:"file"`
	Window int    `json:"window"`
	Sum    bool   `json:"sum"` // the file gets a bareSum instead of the mail
}

// bareSum is what is left of mail that was thrown away.
type bareSum struct {
	Octets  int64   `json:"octets"`
	CRC     uint32  `json:"crc32c"`
	Seconds float64 `json:"seconds"` // from the first RETR to the last octet of the last message
}

func (b bare) version(context.Context) (string, error) {
	if b.sum {
		return "built into the bench, throws mail away: its CRC-32C is compared with that of what was served", nil
	}
	return fmt.Sprintf("built into the bench, one file, no index, a sync for %d messages", syncEvery), nil
}

func bareFile(dir string) string { return filepath.Join(dir, "mail") }

// prepare leaves nothing for the measured run but its work.
func (bare) prepare(context.Context, login, string, job) error { return nil }

func (b bare) fetch(ctx context.Context, l login, dir string, _ job, _ func(int64)) error {
	spec := bareSpec{Login: l, File: bareFile(dir), Window: b.window, Sum: b.sum}
	return runSpec(ctx, []string{b.bench, b.command}, b.command, spec, func(stdout io.Reader) error {
		_, err := io.Copy(io.Discard, stdout)
		return err
	})
}

// verify compares the file with all messages, one after another, or their sum.
func (b bare) verify(_ context.Context, dir string, served maildrop.List, _ job) (kept, error) {
	if b.sum {
		return b.verifySum(dir, served)
	}
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

func (bare) verifySum(dir string, served maildrop.List) (kept, error) {
	text, err := os.ReadFile(bareFile(dir))
	if err != nil {
		return kept{}, err
	}
	var got bareSum
	if err := json.Unmarshal(text, &got); err != nil {
		return kept{}, err
	}
	want := newSum()
	for i := range served.Len() {
		if err := want.add(served.At(i)); err != nil {
			return kept{}, err
		}
	}
	if got.Octets != want.Octets || got.CRC != want.CRC {
		return kept{}, fmt.Errorf("%d octets came with the CRC-32C %08x, served were %d with %08x", got.Octets, got.CRC, want.Octets, want.CRC)
	}
	k := keptAll(served)
	k.Seconds = got.Seconds
	return k, nil
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

// bareSink takes the mail, and is told when the first message is asked for and when the last has come.
type bareSink interface {
	io.Writer
	Sync() error
	begin(at time.Time)
	end(at time.Time)
}

// into opens the file for f, a new one, and syncs and closes it at the end; or it sums up and writes the sum.
func (s *bareSpec) into(f func(bareSink) error) error {
	if s.Sum {
		sum := newSum()
		if err := f(sum); err != nil {
			return err
		}
		text, err := json.Marshal(sum.bareSum)
		if err != nil {
			return err
		}
		return os.WriteFile(s.File, text, 0o600)
	}
	file, err := os.OpenFile(s.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f(appended{file}), file.Sync(), file.Close())
}

// appended keeps what comes.
type appended struct{ *os.File }

func (appended) begin(time.Time) {}
func (appended) end(time.Time)   {}

// summed throws away what comes but for its sum.
type summed struct {
	bareSum
	table *crc32.Table
	from  time.Time
}

func newSum() *summed { return &summed{table: crc32.MakeTable(crc32.Castagnoli)} }

func (s *summed) Write(p []byte) (int, error) {
	s.Octets += int64(len(p))
	s.CRC = crc32.Update(s.CRC, s.table, p)
	return len(p), nil
}

func (*summed) Sync() error          { return nil }
func (s *summed) begin(at time.Time) { s.from = at }
func (s *summed) end(at time.Time)   { s.Seconds = at.Sub(s.from).Seconds() }

func (s *summed) add(m maildrop.Message) (err error) {
	body, err := m.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	_, err = io.Copy(s, body)
	return err
}
