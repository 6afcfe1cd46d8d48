package maildrop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// mboxFile is a Source that is one mbox file.
type mboxFile struct {
	mu    sync.Mutex
	path  string
	at    *place // the directory of the file
	name  string // of the file in at
	stamp stamp
	list  messages // of *mboxMessage; nil before the first reading
}

// OpenMbox returns a source for the messages of an mbox file, in file order. It reads the file
// once to find the messages and keeps about 100 octets for each; messages of up to 256 KiB are
// cached whole, 128 MiB in all. The unique-ids are digests of the messages, so they stay the
// same when other messages are deleted. Deleting writes a new file beside the old one and
// renames it. An empty file is an empty mailbox. Errors are of type *PathError and wrap
// ErrFormat when the file is not an mbox.
//
// The file is not locked: mail that another program delivers while deleted messages are
// removed may be lost.
func OpenMbox(path string) (Source, error) {
	m := &mboxFile{path: path}
	m.at, m.name = around(path)
	if _, err := m.List(); err != nil {
		return nil, err
	}
	return m, nil
}

// List implements Source.
func (m *mboxFile) List() (List, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.read(); err != nil {
		return nil, err
	}
	return m.list, nil
}

// read finds the messages in the file if it has changed since the last call.
func (m *mboxFile) read() error {
	info, err := os.Stat(m.path)
	if err != nil {
		return unreadable(m.path, err)
	}
	if !info.Mode().IsRegular() {
		return &PathError{m.path, "is not a file; for a directory use a Maildir or .eml files", ErrFormat}
	}
	before := m.at
	if m.at = before.again(); m.at == before && m.list != nil && stampOf(info) == m.stamp {
		return nil
	}
	f, err := os.Open(m.path)
	if err != nil {
		return unreadable(m.path, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err = f.Stat(); err != nil {
		return unreadable(m.path, err)
	}
	spans, err := scanMbox(f, info.Size())
	if errors.Is(err, ErrFormat) {
		return &PathError{m.path, err.Error() + "; is it really an mbox file?", ErrFormat}
	}
	if err != nil {
		return unreadable(m.path, err)
	}
	list, left := make(messages, len(spans)), room(keptAtMost)
	r := bufio.NewReaderSize(nil, contentBuffer)
	for i := range spans {
		s := &spans[i]
		list[i] = &mboxMessage{m, *s, left.keep(served(s.contentBy(r, f), f, s.form), s.form), stampOf(info), m.at}
	}
	m.list, m.stamp = list, stampOf(info)
	return nil
}

// mboxMessage is a message in an mbox file.
type mboxMessage struct {
	file   *mboxFile
	span   span
	octets []byte // as served; nil when they are not cached
	stamp  stamp  // of the file when it was read
	at     *place // the directory of the file at that time
}

func (m *mboxMessage) UID() string { return m.span.uid }
func (m *mboxMessage) Size() int64 { return m.span.form.octets }

// Open implements Message. Mail appended to the file since it was read does no harm.
func (m *mboxMessage) Open() (io.ReadCloser, error) { return m.openIn(new(Scratch)) }

func (m *mboxMessage) openIn(s *Scratch) (io.ReadCloser, error) {
	if m.octets != nil {
		if now, err := m.at.look(m.file.name); err == nil && now == m.stamp {
			return s.inMemory(m.octets), nil
		}
	}
	f, err := os.Open(m.file.path)
	if err != nil {
		return nil, err
	}
	from := make([]byte, len(fromLine))
	if _, err = f.ReadAt(from, m.span.from); err == nil || errors.Is(err, io.EOF) {
		info, statErr := f.Stat()
		if statErr != nil || string(from) != fromLine || info.Size() < m.span.end {
			err = fmt.Errorf("%s: %w", m.file.path, ErrChanged)
		}
	}
	if err != nil {
		_ = f.Close() // it was only opened
		return nil, err
	}
	return served(m.span.content(f), f, m.span.form), nil
}

// Remove implements Source. It reads the file again when mail has arrived, so that only the
// named messages are removed. A crash leaves either the old file or the new one.
func (m *mboxFile) Remove(uids []string) error {
	gone := make(map[string]bool, len(uids))
	for _, uid := range uids {
		gone[uid] = true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.read(); err != nil {
		return err
	}
	var kept []span
	for _, msg := range m.list {
		if s := msg.(*mboxMessage).span; !gone[s.uid] {
			kept = append(kept, s)
		}
	}
	if len(kept) == len(m.list) {
		return nil
	}
	if err := m.rewrite(kept); err != nil {
		return fmt.Errorf("%s: cannot remove the deleted messages: %w", m.path, err)
	}
	m.list = nil
	return nil
}
