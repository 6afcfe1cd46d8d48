package servers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm/pop3"
)

// spool is a copy of the mailbox of a running server. It is fetched before anything is measured,
// and compared with what clients store. It has one file with all messages, and an index.
type spool struct {
	path     string
	messages []spooled
	octets   int64
}

// spooled is one message of a spool. It implements maildrop.Message.
type spooled struct {
	ID     string `json:"uid"`
	Octets int64  `json:"octets"`
	at     int64
	path   string
}

func (s *spool) Len() int                  { return len(s.messages) }
func (s *spool) At(i int) maildrop.Message { return &s.messages[i] }
func (s *spool) Octets() int64             { return s.octets }

func (m *spooled) UID() string { return m.ID }
func (m *spooled) Size() int64 { return m.Octets }

// Open returns a reader of this message in the file of all messages.
func (m *spooled) Open() (io.ReadCloser, error) {
	f, err := os.Open(m.path)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, m.at, m.Octets), f}, nil
}

const (
	spoolFile  = "messages"
	spoolIndex = "index"
)

// OpenSpool reads the index of a spool.
func OpenSpool(dir string) (*spool, error) {
	f, err := os.Open(filepath.Join(dir, spoolIndex))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	s := &spool{path: filepath.Join(dir, spoolFile)}
	for d := json.NewDecoder(bufio.NewReader(f)); ; {
		m := spooled{at: s.octets, path: s.path}
		switch err := d.Decode(&m); {
		case err == io.EOF:
			return s, nil
		case err != nil:
			return nil, err
		}
		s.messages = append(s.messages, m)
		s.octets += m.Octets
	}
}

// FillSpool creates the directory dir, fetches the mailbox into it, and shows its progress.
func FillSpool(ctx context.Context, dir string, l Login, stderr io.Writer) (err error) {
	session, err := logIn(ctx, l)
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }() // after QUIT it does nothing
	stat, err := session.Stat(ctx)
	if err != nil {
		return err
	}
	if stat.Count == 0 {
		return errors.New("its mailbox is empty: put mail into it first")
	}
	if stat.Count > workload.MostMessages {
		return fmt.Errorf("its mailbox has %d messages, more than %d: use a smaller mailbox", stat.Count, workload.MostMessages)
	}
	if err = workload.CheckSpace(filepath.Dir(dir), 2*stat.Octets); err != nil {
		return err
	}
	if _, err = session.Capa(ctx); err != nil && session.Err() != nil {
		return err
	}
	uids, err := session.Uidl(ctx)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	bar := cli.NewBar(stderr, "fetching a copy to compare with", cli.Messages, int64(len(uids)))
	defer bar.Close()
	if err := writeSpool(ctx, dir, session, uids, bar); err != nil {
		return err
	}
	return session.Quit(ctx)
}

// writeSpool fetches the messages and writes the two files of a spool.
func writeSpool(ctx context.Context, dir string, session *pop3.Session, uids []pop3.UID, bar *cli.Bar) (err error) {
	index, err := os.Create(filepath.Join(dir, spoolIndex))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	file, err := os.Create(filepath.Join(dir, spoolFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sink := &spoolSink{uids: uids, list: bufio.NewWriter(index), messages: bufio.NewWriterSize(file, 1<<20), bar: bar}
	sink.rows = json.NewEncoder(sink.list)
	numbers := make([]int, len(uids))
	for i, uid := range uids {
		numbers[i] = uid.Number
	}
	return errors.Join(session.RetrAll(ctx, numbers, sink), sink.list.Flush(), sink.messages.Flush())
}

// spoolSink writes messages, which arrive in the order of the UIDs, to the files of a spool.
type spoolSink struct {
	uids           []pop3.UID
	done           int
	list, messages *bufio.Writer
	rows           *json.Encoder
	bar            *cli.Bar
}

// Message implements pop3.Sink.
func (s *spoolSink) Message(int) (io.Writer, error) { return s.messages, nil }

// Done implements pop3.Sink.
func (s *spoolSink) Done(_ int, octets int64, err error) error {
	if err != nil {
		return err
	}
	uid := s.uids[s.done].UID
	s.done++
	s.bar.Set(int64(s.done), int64(len(s.uids)))
	return s.rows.Encode(spooled{ID: uid, Octets: octets})
}
