package maildrop

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// stamp identifies the state of a file: it differs after the file was changed or replaced.
type stamp struct {
	size     int64
	modified time.Time
}

func stampOf(info fs.FileInfo) stamp { return stamp{info.Size(), info.ModTime()} }

// same reports whether two stamps are equal; == would also compare the location of the times.
func (s stamp) same(o stamp) bool { return s.size == o.size && s.modified.Equal(o.modified) }

// fileMessage is a message that is a whole file.
type fileMessage struct {
	uid    string
	at     *place
	name   string // of the file in at
	path   string
	stamp  stamp
	form   form
	octets []byte // as served; nil when they are not cached
	// find returns the new path of a file that was moved; nil when files never move.
	find func() (string, error)
}

func (m *fileMessage) UID() string { return m.uid }
func (m *fileMessage) Size() int64 { return m.form.octets }

func (m *fileMessage) Open() (io.ReadCloser, error) {
	if m.octets != nil {
		if now, err := m.at.look(m.name); err == nil && now.same(m.stamp) {
			return fromMemory(m.octets), nil
		}
	}
	f, err := os.Open(m.path)
	if os.IsNotExist(err) && m.find != nil {
		var path string
		if path, err = m.find(); err == nil {
			f, err = os.Open(path)
		}
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !stampOf(info).same(m.stamp) {
		err = fmt.Errorf("%s: %w", m.path, ErrChanged)
	}
	if err != nil {
		_ = f.Close() // it was only opened
		return nil, err
	}
	return served(f, f, m.form), nil
}

// hasChanged reports whether the file at the path of m is another one, or has changed.
func (m *fileMessage) hasChanged(e entry) bool {
	now, err := e.at.look(e.name)
	return err != nil || !now.same(m.stamp)
}

// served returns a reader of r in the form sent over the wire; closing it closes c.
func served(r io.Reader, c io.Closer, f form) io.ReadCloser {
	if f.unix {
		r = &crlfReader{r: r}
	}
	return readCloser{r, c}
}

// readCloser joins a Reader and a Closer. It also hides the WriteTo method of a file, which
// would allocate a buffer.
type readCloser struct {
	io.Reader
	io.Closer
}

// measure reads the file and caches its octets if there is room. The file must be regular:
// a pipe would block, a directory is not a message.
func (m *fileMessage) measure(buf []byte, left *room) error {
	info, err := os.Stat(m.path)
	if err != nil {
		return unreadable(m.path, err)
	}
	if !info.Mode().IsRegular() {
		return &PathError{m.path, "not a regular file; move it out of the mail directory", ErrFormat}
	}
	f, err := os.Open(m.path)
	if err != nil {
		return unreadable(m.path, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err = f.Stat(); err != nil {
		return unreadable(m.path, err)
	}
	if m.form, err = measure(f, buf); err != nil {
		return unreadable(m.path, err)
	}
	m.stamp = stampOf(info)
	m.octets = left.keep(served(io.NewSectionReader(f, 0, info.Size()), f, m.form), m.form)
	return nil
}
