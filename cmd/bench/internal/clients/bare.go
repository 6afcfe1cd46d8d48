package clients

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

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/fakeserver/maildrop"
)

// Names of the bare clients, which show the limits of the machine.
const (
	BarePOP3Name = "bare POP3"
	BareTCPName  = "bare TCP"
)

// Bare is one of two small programs that show the limits of the machine: a POP3 client that does
// nothing but RETR, and a receiver without POP3. Both append the mail to one file, or discard it
// when the server is measured.
type Bare struct {
	Title   string `json:"title"`
	Receive bool   `json:"receive,omitempty"` // receive from the bare sender, instead of RETR
	Window  int    `json:"window,omitempty"`  // RETR commands in flight
	Sum     bool   `json:"sum,omitempty"`     // discard the mail and keep its checksum
}

// BarePOP3 returns the POP3 client that appends to one file.
func BarePOP3() *Bare { return &Bare{Title: BarePOP3Name, Window: UsualWindow} }

// BareTCP returns the receiver that appends to one file.
func BareTCP() *Bare { return &Bare{Title: BareTCPName, Receive: true} }

// bareSpec is the task of a bare program.
type bareSpec struct {
	Login  servers.Login `json:"login"`
	File   string        `json:"file"`
	Window int           `json:"window"`
	Sum    bool          `json:"sum"` // write a Sum into the file instead of the mail
}

// Sum holds the length and the checksum of mail that was discarded.
type Sum struct {
	Octets  int64   `json:"octets"`
	CRC     uint32  `json:"crc32c"`
	Seconds float64 `json:"seconds"` // from the first RETR to the last octet of the last message
}

// Kind implements Client.
func (*Bare) Kind() string { return "bare" }

// Name implements Client.
func (b *Bare) Name() string { return b.Title }

// Version implements Client.
func (b *Bare) Version(context.Context) (string, error) {
	if b.Sum {
		return "built into the bench; discards mail, and its CRC-32C is compared with that of the served mail", nil
	}
	return fmt.Sprintf("built into the bench, one file, no index, a sync for %d messages", servers.SyncEvery), nil
}

func bareFile(dir string) string { return filepath.Join(dir, "mail") }

// Prepare implements Client. There is nothing to prepare.
func (*Bare) Prepare(context.Context, *Visit) error { return nil }

// Fetch implements Client.
func (b *Bare) Fetch(ctx context.Context, v *Visit) error {
	command := retrName
	if b.Receive {
		command = receiveName
	}
	return RunProgram(ctx, command, b.Title, bareSpec{Login: v.Login, File: bareFile(v.Dir), Window: b.Window, Sum: b.Sum})
}

// RunProgram runs a bare program to its end.
func RunProgram(ctx context.Context, command, title string, spec any) error {
	bench, err := os.Executable()
	if err != nil {
		return err
	}
	return child.Run(ctx, []string{bench, command}, title, spec, func(stdout io.Reader) error {
		_, err := io.Copy(io.Discard, stdout)
		return err
	})
}

// Verify implements Client. It compares the file with all messages, or the checksums of both.
func (b *Bare) Verify(_ context.Context, v *Visit, served maildrop.List) (tasks.Kept, error) {
	if b.Sum {
		return verifySum(v.Dir, served)
	}
	f, err := os.Open(bareFile(v.Dir))
	if err != nil {
		return tasks.Kept{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	all, c := bufio.NewReaderSize(f, 1<<20), verify.NewComparer()
	for i := range served.Len() {
		m := served.At(i)
		if err := c.Next(all, m); err != nil {
			return tasks.Kept{}, fmt.Errorf("message %s: %w", m.UID(), err)
		}
	}
	if _, err := all.ReadByte(); err != io.EOF {
		return tasks.Kept{}, errors.Join(errors.New("the file has more octets than the served mail"), err)
	}
	return tasks.KeptAll(served), nil
}

func verifySum(dir string, served maildrop.List) (tasks.Kept, error) {
	var got Sum
	if err := ReadJSON(bareFile(dir), &got); err != nil {
		return tasks.Kept{}, err
	}
	want := newSum()
	for i := range served.Len() {
		if err := want.Add(served.At(i)); err != nil {
			return tasks.Kept{}, err
		}
	}
	if got.Octets != want.Octets || got.CRC != want.CRC {
		return tasks.Kept{}, fmt.Errorf("received %d octets with the CRC-32C %08x, but %d with %08x were served", got.Octets, got.CRC, want.Octets, want.CRC)
	}
	k := tasks.KeptAll(served)
	k.Seconds = got.Seconds
	return k, nil
}

// ReadJSON reads the result that a client wrote into a file.
func ReadJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// WriteJSON writes a client's result into a file.
func WriteJSON(path string, result any) error {
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// bareSink takes the mail. begin is called when the first message is requested, end when the last
// one has arrived.
type bareSink interface {
	io.Writer
	Sync() error
	begin(at time.Time)
	end(at time.Time)
}

// into calls f with a new file, which it then syncs and closes, or with a checksum, which it then
// writes into the file.
func (s *bareSpec) into(f func(bareSink) error) error {
	if s.Sum {
		sum := newSum()
		if err := f(sum); err != nil {
			return err
		}
		return WriteJSON(s.File, sum.Sum)
	}
	file, err := os.OpenFile(s.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f(appended{file}), file.Sync(), file.Close())
}

// appended is a bareSink that writes the mail to a file.
type appended struct{ *os.File }

func (appended) begin(time.Time) {}
func (appended) end(time.Time)   {}

// summed is a bareSink that keeps only the length and the checksum of the mail.
type summed struct {
	Sum
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

func (s *summed) Add(m maildrop.Message) (err error) {
	body, err := m.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	_, err = io.Copy(s, body)
	return err
}
