package maildrop

import (
	"bytes"
	"fmt"
	"io"
)

// Message is one message of a maildrop. Values are immutable and safe for
// concurrent use.
type Message interface {
	// UID returns the unique-id: 1 to 70 octets of 0x21 to 0x7E (RFC 1939 section 7).
	UID() string
	// Size returns the exact number of octets that a client has after un-stuffing,
	// including the CRLF that is added when a message does not end with one.
	Size() int64
	// Open returns a reader of the octets, without that added CRLF and without
	// stuffing. The caller closes it. If the reader is an io.WriterTo, its WriteTo is
	// used. Open fails when the mail was deleted or changed since it was listed.
	Open() (io.ReadCloser, error)
}

// List is an immutable snapshot of the messages in a maildrop.
type List interface {
	// Len returns the number of messages.
	Len() int
	// At returns message i, counted from 0; i must be below Len.
	At(i int) Message
	// Octets returns the sum of all sizes.
	Octets() int64
}

// Source is a place that holds mail. Its methods are safe for concurrent use.
type Source interface {
	// List returns the current mail, in serving order. It may read the disk;
	// unchanged files are not read again.
	List() (List, error)
	// Remove deletes the messages with these unique-ids permanently. Unknown ids
	// are ignored. After an error some of the messages may be left.
	Remove(uids []string) error
}

// Receiver is a Source that accepts new mail.
type Receiver interface {
	// Deliver appends messages. A unique-id that already exists gets a suffix.
	Deliver(messages ...Message) error
}

// Bytes returns a message that serves raw byte for byte; raw must not be changed
// afterwards. An empty uid is replaced by a digest of raw. Octets that are invalid in a
// unique-id are replaced.
func Bytes(uid string, raw []byte) Message {
	if uid == "" {
		uid = digest(raw)
	} else {
		uid = cleanUID(uid)
	}
	return &memoryMessage{uid: uid, raw: raw, size: sizeOf(raw)}
}

// Read returns all octets of m as a client has them after un-stuffing; their number is
// Size. Tests use it to compare fetched mail with served mail.
func Read(m Message) ([]byte, error) {
	r, err := m.Open()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if m.Size() < 1<<30 {
		b.Grow(int(m.Size()))
	}
	_, err = b.ReadFrom(r)
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	if b.Len() > 0 && !bytes.HasSuffix(b.Bytes(), []byte("\r\n")) {
		b.WriteString("\r\n")
	}
	if int64(b.Len()) != m.Size() {
		return nil, fmt.Errorf("message %s has %d octets, but its size is given as %d", m.UID(), b.Len(), m.Size())
	}
	return b.Bytes(), nil
}

type memoryMessage struct {
	uid  string
	raw  []byte
	size int64
}

func (m *memoryMessage) UID() string { return m.uid }

func (m *memoryMessage) Size() int64 { return m.size }

// sizeOf returns the octets of a message with the CRLF that is added at its end.
func sizeOf(raw []byte) int64 {
	if len(raw) == 0 || bytes.HasSuffix(raw, []byte("\r\n")) {
		return int64(len(raw))
	}
	return int64(len(raw)) + 2
}

func (m *memoryMessage) Open() (io.ReadCloser, error) { return m.openIn(new(Scratch)) }

func (m *memoryMessage) openIn(s *Scratch) (io.ReadCloser, error) { return s.inMemory(m.raw), nil }

type memoryReader struct{ bytes.Reader }

// Close forgets the octets, so that a Scratch does not keep mail that is gone.
func (r *memoryReader) Close() error {
	r.Reset(nil)
	return nil
}

// Renamed returns m under another unique-id. Octets that are invalid in a unique-id are
// replaced.
func Renamed(m Message, uid string) Message { return renamed{m, cleanUID(uid)} }

// renamed is a message under another unique-id.
type renamed struct {
	Message
	uid string
}

func (m renamed) UID() string { return m.uid }

func (m renamed) openIn(s *Scratch) (io.ReadCloser, error) { return s.Open(m.Message) }

// messages is a List in a slice.
type messages []Message

func (l messages) Len() int         { return len(l) }
func (l messages) At(i int) Message { return l[i] }

func (l messages) Octets() int64 {
	var sum int64
	for _, m := range l {
		sum += m.Size()
	}
	return sum
}
