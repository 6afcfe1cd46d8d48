package maildrop

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// stamp identifies the state of a file: it differs after the file was changed or replaced.
type stamp struct {
	size     int64
	modified int64 // nanoseconds since 1970
	inode    uint64
}

// isYoung reports whether a file was changed so recently that another change may give it the same
// time: clocks of file systems advance in steps of up to 10 ms, and of up to 2 s where they have
// whole seconds only.
func (s stamp) isYoung(now time.Time) bool {
	step := 20 * time.Millisecond
	if s.modified%int64(time.Second) == 0 {
		step = 2 * time.Second
	}
	return now.Sub(time.Unix(0, s.modified)) < step
}

var (
	errNotRegular = errors.New("not a regular file")
	errFolder     = errors.New("is a directory")
)

// fileMessage is a message that is a whole file. A large mailbox has many, so it is small.
type fileMessage struct {
	at    *place // nil: there is no such message
	name  string // of the file in at
	uid   string
	stamp stamp
	form  form
	young bool // measured so soon after a change that another one may have left the stamp as it is
}

func (m *fileMessage) UID() string { return m.uid }
func (m *fileMessage) Size() int64 { return m.form.octets }

// wholeFile is the largest message that Open reads at once. Larger ones are read in pieces.
const wholeFile = 64 << 10

// Open implements Message. It reads a small file at once, so that a change is found before anything
// is sent; a change of a larger file may be found only by the reader.
func (m *fileMessage) Open() (io.ReadCloser, error) { return m.openIn(new(Scratch)) }

func (m *fileMessage) openIn(s *Scratch) (io.ReadCloser, error) {
	shelf := m.at.shelf
	if octets := shelf.kept(m.stamp); octets != nil {
		if now, err := m.at.look(m.name); err == nil && now == m.stamp {
			return s.inMemory(octets), nil
		}
	}
	h, err := m.at.open(m.name)
	if errors.Is(err, fs.ErrNotExist) {
		var path string
		if path, err = m.at.moved(m.name); err == nil {
			h, err = (&place{}).open(path)
		}
	}
	if err != nil {
		return nil, unreadable(m.at.file(m.name), err)
	}
	if m.form.octets > wholeFile {
		return m.stream(h)
	}
	defer func() { _ = h.Close() }() // it was only read
	r := shelf.reader(int(m.form.octets) + 1)
	if err := m.readWhole(h, r.octets); err != nil {
		_ = r.Close() // its error is always nil
		return nil, err
	}
	r.octets = r.octets[:m.form.octets-m.missing()]
	r.Reset(r.octets)
	if !m.young { // another file could have its stamp
		shelf.keep(m.stamp, r)
	}
	return r, nil
}

// missing returns the octets of the final line end that serving adds.
func (m *fileMessage) missing() int64 {
	if m.form.ended {
		return 0
	}
	return 2
}

// changed returns the error for a file that differs from the listed one.
func (m *fileMessage) changed() error {
	return fmt.Errorf("%s: %w", m.at.file(m.name), ErrChanged)
}

// readWhole fills b, which has one octet more than the message, with the octets as served. The
// stamp is compared after reading: if it is the listed one, then nothing has changed since.
func (m *fileMessage) readWhole(h handle, b []byte) error {
	added := int(m.form.octets - m.missing() - m.stamp.size) // a CR for each LF
	b = b[:added+int(m.stamp.size)+1]
	n := 0
	for n < int(m.stamp.size) {
		k, err := h.Read(b[added+n:])
		if err == io.EOF {
			return m.changed()
		}
		if err != nil {
			return unreadable(m.at.file(m.name), err)
		}
		n += k
	}
	now, err := h.stat()
	if err != nil || n != int(m.stamp.size) || now != m.stamp {
		return m.changed()
	}
	if m.form.unix && !expand(b[:added+n], added) {
		return m.changed()
	}
	return nil
}

// stream returns a reader of a large file.
func (m *fileMessage) stream(h handle) (io.ReadCloser, error) {
	if now, err := h.stat(); err != nil || now != m.stamp {
		_ = h.Close() // it was only opened
		return nil, m.changed()
	}
	return served(&fileReader{h, m, m.stamp.size}, h, m.form), nil
}

// fileReader reads the listed octets of a file, and fails at their end when the file has changed.
type fileReader struct {
	handle handle
	m      *fileMessage
	left   int64
}

func (r *fileReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		if now, err := r.handle.stat(); err != nil || now != r.m.stamp {
			return 0, r.m.changed()
		}
		return 0, io.EOF
	}
	n, err := r.handle.Read(p[:min(int64(len(p)), r.left)])
	if r.left -= int64(n); err == io.EOF {
		err = r.m.changed()
	}
	return n, err
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

// hasChanged reports whether the file is another one, or has changed, or may have.
func (m *fileMessage) hasChanged() bool {
	now, err := m.at.look(m.name)
	return err != nil || now != m.stamp || m.young
}

// measure reads the file, which must be regular: a pipe would block. It returns errFolder for a
// directory, which is not a message.
func (m *fileMessage) measure(buf []byte) error {
	h, err := m.at.open(m.name)
	if err == nil {
		defer func() { _ = h.Close() }() // it was only read
		if m.stamp, err = h.stat(); err == nil {
			m.young = m.stamp.isYoung(time.Now())
			m.form, err = formOf(h, m.stamp.size, buf)
		}
	}
	switch {
	case errors.Is(err, errNotRegular):
		return &PathError{m.at.file(m.name), "not a regular file; move it out of the mail directory", ErrFormat}
	case err != nil && !errors.Is(err, errFolder):
		return unreadable(m.at.file(m.name), err)
	}
	return err
}

// formOf finds the form of a file. Of a large file with CRLFs it reads the beginning and the end.
func formOf(h handle, size int64, buf []byte) (form, error) {
	var t tally
	for t.read < size {
		n, err := h.Read(buf[:min(int64(len(buf)), size-t.read)])
		t.add(buf[:n])
		if err == io.EOF {
			break // it has shrunk, which Open reports
		}
		if err != nil {
			return form{}, err
		}
		if rest := size - 2 - t.read; t.crlf && rest > 0 {
			if err := h.skip(size - 2); err != nil {
				return form{}, err
			}
			t.read += rest
		}
	}
	return t.form(), nil
}
