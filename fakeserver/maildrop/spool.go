package maildrop

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// ErrFull is wrapped by the error of a Spool that has no room for a message.
var ErrFull = errors.New("no room for more mail")

// SpoolOptions limits a Spool. Zero fields mean the defaults.
type SpoolOptions struct {
	// Messages is the most messages it holds. Default: 100,000.
	Messages int
	// Octets is the most octets they have together. Default: 1 GiB.
	Octets int64
	// Memory is the most octets kept in memory; other messages go to files in a temporary
	// directory. Default: 64 MiB.
	Memory int64
	// Largest is the size of the largest message kept in memory. Default: 64 KiB.
	Largest int64
}

// Spool holds received mail: a limited number of messages and octets, small messages in memory and
// the others on disk. A message frees its room when the source that it was delivered to removes
// it. Methods are safe for concurrent use.
type Spool struct {
	o SpoolOptions

	mu       sync.Mutex
	messages int
	octets   int64
	memory   int64
	folder   string // "" before the first file
	files    int
}

// NewSpool returns an empty spool. Close removes its files.
func NewSpool(o SpoolOptions) *Spool {
	if o.Messages <= 0 {
		o.Messages = 100_000
	}
	if o.Octets <= 0 {
		o.Octets = 1 << 30
	}
	if o.Memory <= 0 {
		o.Memory = 64 << 20
	}
	if o.Largest <= 0 {
		o.Largest = 64 << 10
	}
	return &Spool{o: o}
}

// Room returns nil when the spool can take one more message of that many octets (0: size unknown),
// else an error that wraps ErrFull.
func (s *Spool) Room(octets int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room(octets)
}

func (s *Spool) room(octets int64) error {
	if s.messages >= s.o.Messages {
		return fmt.Errorf("%w: it holds %d messages, the limit", ErrFull, s.messages)
	}
	if s.octets+octets > s.o.Octets {
		return fmt.Errorf("%w: %d of %d octets are in use", ErrFull, s.octets, s.o.Octets)
	}
	return nil
}

// Take reads a message to its end and stores it. The error wraps ErrFull when there is no room,
// also on the disk; the rest of r is then left unread. The caller calls Release on the message, or
// delivers it to a MemorySource.
func (s *Spool) Take(r io.Reader) (*Spooled, error) {
	m := &Spooled{spool: s, holders: 1}
	if err := s.reserve(m, 0, 1); err != nil {
		return nil, err
	}
	if err := m.fill(r); err != nil {
		m.Release()
		return nil, err
	}
	return m, nil
}

// reserve takes room for more octets of m, and for new messages.
func (s *Spool) reserve(m *Spooled, octets int64, messages int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if messages > 0 {
		if err := s.room(octets); err != nil {
			return err
		}
	} else if s.octets+octets > s.o.Octets {
		return fmt.Errorf("%w: %d of %d octets are in use", ErrFull, s.octets, s.o.Octets)
	}
	s.messages += messages
	s.octets += octets
	m.octets += octets
	return nil
}

// keep reports whether octets fit in memory, and if so counts them.
func (s *Spool) keep(octets int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory+octets > s.o.Memory {
		return false
	}
	s.memory += octets
	return true
}

// create creates the file of a message.
func (s *Spool) create() (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.folder == "" {
		folder, err := os.MkdirTemp("", "spool-*")
		if err != nil {
			return nil, err
		}
		s.folder = folder
	}
	s.files++
	return os.OpenFile(filepath.Join(s.folder, strconv.Itoa(s.files)), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
}

// Close removes the files. Messages in memory stay readable.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.folder == "" {
		return nil
	}
	folder := s.folder
	s.folder = ""
	return os.RemoveAll(folder)
}

// Spooled is a message of a Spool.
type Spooled struct {
	spool  *Spool
	raw    []byte    // in memory
	path   string    // "" in memory
	sum    hash.Hash // of the octets in the file
	octets int64
	crlf   bool // it ends with CRLF, or is empty

	mu      sync.Mutex
	holders int
}

// fill reads the octets to their end.
func (m *Spooled) fill(r io.Reader) error {
	var (
		small, tail []byte
		file        *os.File
		chunk       = make([]byte, 16<<10)
	)
	defer func() {
		if file != nil {
			_ = file.Close() // a write error was returned before
		}
	}()
	for {
		n, err := r.Read(chunk)
		p := chunk[:n]
		if full := m.spool.reserve(m, int64(n), 0); full != nil {
			return full
		}
		tail = append(tail, p...)
		tail = bytes.Clone(tail[max(len(tail)-2, 0):])
		if file == nil && int64(len(small)+n) <= m.spool.o.Largest {
			small = append(small, p...)
		} else if failed := m.write(&file, &small, p); failed != nil {
			return failed
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	m.crlf = m.octets == 0 || string(tail) == "\r\n"
	switch {
	case file != nil:
	case m.spool.keep(int64(len(small))):
		m.raw = small
	default:
		return m.write(&file, &small, nil)
	}
	return nil
}

// write appends p to the file, after the octets that were held in memory.
func (m *Spooled) write(file **os.File, small *[]byte, p []byte) error {
	if *file == nil {
		f, err := m.spool.create()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
		*file, m.path, m.sum = f, f.Name(), sha256.New()
	}
	all := append(*small, p...)
	*small = nil
	_, _ = m.sum.Write(all) // a hash never fails
	if _, err := (*file).Write(all); err != nil {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return nil
}

// UID implements Message: a digest of the octets.
func (m *Spooled) UID() string {
	if m.path == "" {
		return digest(m.raw)
	}
	return hex.EncodeToString(m.sum.Sum(nil)[:16])
}

// Size implements Message.
func (m *Spooled) Size() int64 {
	if m.crlf {
		return m.octets
	}
	return m.octets + 2
}

// Open implements Message.
func (m *Spooled) Open() (io.ReadCloser, error) { return m.openIn(new(Scratch)) }

func (m *Spooled) openIn(s *Scratch) (io.ReadCloser, error) {
	if m.path == "" {
		return s.inMemory(m.raw), nil
	}
	f, err := os.Open(m.path)
	if err != nil {
		return nil, unreadable(m.path, err)
	}
	return f, nil
}

// Raw returns the octets as received. The caller must not change them.
func (m *Spooled) Raw() ([]byte, error) {
	if m.path == "" {
		return m.raw, nil
	}
	return os.ReadFile(m.path)
}

// Hold adds a holder: the message keeps its room until each holder has called Release.
func (m *Spooled) Hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holders++
}

// Release removes a holder. The last call frees the room of the message and removes its file.
func (m *Spooled) Release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.holders--; m.holders != 0 {
		return
	}
	if m.path != "" {
		_ = os.Remove(m.path) // Close removes what is left
	}
	m.spool.mu.Lock()
	defer m.spool.mu.Unlock()
	m.spool.messages--
	m.spool.octets -= m.octets
	m.spool.memory -= int64(len(m.raw))
}

// inSpool returns the spooled message that m is or renames; nil for other messages.
func inSpool(m Message) *Spooled {
	for {
		switch at := m.(type) {
		case renamed:
			m = at.Message
		case *Spooled:
			return at
		default:
			return nil
		}
	}
}
