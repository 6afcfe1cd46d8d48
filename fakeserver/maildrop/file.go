package maildrop

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// stamp reports whether a file is still the one that was measured.
type stamp struct {
	size     int64
	modified time.Time
}

func stampOf(info fs.FileInfo) stamp { return stamp{info.Size(), info.ModTime()} }

// same is needed since == on times compares more than the time.
func (s stamp) same(o stamp) bool { return s.size == o.size && s.modified.Equal(o.modified) }

// fileMessage is a message that is a whole file.
type fileMessage struct {
	uid    string
	at     *place
	name   string // there
	path   string
	stamp  stamp
	form   form
	octets []byte // as served, nil when they are not kept
	// find gives the path when the file has moved; nil when it never does.
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

// hasChanged reports whether e, which has the path of m, is another file.
func (m *fileMessage) hasChanged(e entry) bool {
	now, err := e.at.look(e.name)
	return err != nil || !now.same(m.stamp)
}

// served reads r as it goes over the wire, and closes c.
func served(r io.Reader, c io.Closer, f form) io.ReadCloser {
	if f.unix {
		r = &crlfReader{r: r}
	}
	return readCloser{r, c}
}

// readCloser also hides that a file is an io.WriterTo, which would bring a
// buffer of its own.
type readCloser struct {
	io.Reader
	io.Closer
}

// measure reads the file, and keeps its octets where there is room. It must be
// a regular one: a pipe would block, a folder is no message.
func (m *fileMessage) measure(buf []byte, left *room) error {
	info, err := os.Stat(m.path)
	if err != nil {
		return unreadable(m.path, err)
	}
	if !info.Mode().IsRegular() {
		return &PathError{m.path, "not a regular file; move it out of the mail folder", ErrFormat}
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
