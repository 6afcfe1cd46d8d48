package mailfiles

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// mboxShelf is an mbox file. It is locked as mail programs lock it: by a file
// beside it and by the system.
type mboxShelf struct {
	file *os.File
	path string
	size int64
}

func openMbox(path string) (*mboxShelf, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is a directory: --out must be a file for mbox", path)
	}
	if err := dotLock(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(err, os.Remove(path+lockEnd))
	}
	x := &mboxShelf{file: f, path: path}
	if err = lockFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s is locked by another program: try again when it is done", path), x.close())
	}
	if err = x.look(); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return x, nil
}

const (
	lockEnd = ".lock"
	ourLock = "mtm export\n"
)

// dotLock creates the lock file that other programs respect. A lock file of ours is left over from
// a run that was killed, since a live run holds the lock of the record.
func dotLock(path string) error {
	name := path + lockEnd
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		text, unreadable := os.ReadFile(name)
		if unreadable == nil && string(text) == ourLock {
			return nil
		}
		return fmt.Errorf("%s is locked by another program (%s exists): try again when it is done; if no program uses it, remove %s", path, name, name)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(ourLock)
	return errors.Join(err, f.Close())
}

// look reads the size of the file, and returns an error when it is not an mbox.
func (x *mboxShelf) look() error {
	info, err := x.file.Stat()
	if err != nil {
		return err
	}
	x.size = info.Size()
	var head [5]byte
	n, err := x.file.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n > 0 && string(head[:n]) != "From " {
		return fmt.Errorf("%s is not an mbox: it does not begin with a line \"From ...\"", x.path)
	}
	return nil
}

// sum returns the checksum of the message in the form that it has in an mbox.
func (x *mboxShelf) sum(body Body) (s span, err error) {
	h := sha256.New()
	c := counter{w: h}
	err = writeMboxBody(&c, body)
	h.Sum(s.sum[:0])
	s.size = c.n
	return s, err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.w.Write(p)
}

func writeMboxBody(to io.Writer, body io.WriterTo) error {
	out := bufio.NewWriterSize(to, 64<<10)
	w := &mboxBody{out: out, atStart: true}
	if _, err := body.WriteTo(w); err != nil {
		return err
	}
	w.endLine()
	return out.Flush()
}

func (x *mboxShelf) each(found func(sum)) error {
	if _, err := x.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	m := mboxScan{h: sha256.New(), found: found}
	return m.run(bufio.NewReaderSize(x.file, 64<<10))
}

// mboxScan finds the messages of an mbox. A line "From " at the beginning or after a blank line
// starts a message; the blank line before it is not part of a message.
type mboxScan struct {
	h       hash.Hash
	found   func(sum)
	inside  bool
	blank   bool // a blank line was read and is not in h yet
	atStart bool // the next piece is the beginning of a line
}

func (m *mboxScan) run(in *bufio.Reader) error {
	m.atStart = true
	for {
		piece, err := in.ReadSlice('\n')
		if len(piece) > 0 {
			m.take(piece)
		}
		if err == nil || errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		m.finish()
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}

func (m *mboxScan) take(piece []byte) {
	starts := m.atStart
	m.atStart = piece[len(piece)-1] == '\n'
	switch {
	case starts && (m.blank || !m.inside) && bytes.HasPrefix(piece, []byte("From ")):
		m.finish()
		m.inside = true
		return
	case m.blank:
		m.h.Write([]byte("\n"))
	}
	m.blank = starts && len(piece) == 1 && piece[0] == '\n'
	if !m.blank {
		m.h.Write(piece)
	}
}

func (m *mboxScan) finish() {
	if m.inside {
		var s sum
		m.h.Sum(s[:0])
		m.found(s)
	}
	m.h.Reset()
	m.inside, m.blank = false, false
}

// mend cuts off a message that an interrupted run has written in part. If another program has
// written after it, nothing is cut, and the whole message is added again.
func (x *mboxShelf) mend(r *record) error {
	half := r.last
	if half.size == 0 || x.size >= half.at+half.size {
		return nil
	}
	r.uncount(half.sum)
	if x.size <= half.at {
		return nil
	}
	others, err := x.hasSecond(half.at)
	if err != nil || others {
		return err
	}
	if err = x.file.Truncate(half.at); err == nil {
		x.size = half.at
	}
	return err
}

// hasSecond reports whether there is more than one partial message of ours after a position.
func (x *mboxShelf) hasSecond(at int64) (bool, error) {
	const from = "From "
	tail := bufio.NewReaderSize(io.NewSectionReader(x.file, at, x.size-at), 64<<10)
	inside := false
	for starts := true; ; {
		piece, err := tail.ReadSlice('\n')
		switch {
		case !starts || len(piece) == 0 || !inside && piece[0] == '\n':
		case inside && bytes.HasPrefix(piece, []byte(from)):
			return true, nil // our messages have no such line: it would begin with ">"
		case !inside:
			inside = bytes.HasPrefix(piece, []byte(from[:min(len(from), len(piece))]))
			if !inside {
				return true, nil
			}
		}
		starts = len(piece) > 0 && piece[len(piece)-1] == '\n'
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return false, err
		}
	}
}

// add appends a message. It writes the record first, so that the next run finds a message
// that was written in part.
func (x *mboxShelf) add(m Message, body Body, s span, r *record) error {
	padding, err := x.padding()
	if err != nil {
		return err
	}
	head := padding + separator(m)
	s.at, s.size = x.size, s.size+int64(len(head))+1
	if err = r.note(s); err != nil {
		return err
	}
	if err = x.write(head, body, s); err != nil {
		return errors.Join(err, x.file.Truncate(s.at), r.undo())
	}
	x.size += s.size
	return nil
}

func (x *mboxShelf) write(head string, body io.WriterTo, s span) error {
	if _, err := x.file.Seek(s.at, io.SeekStart); err != nil {
		return err
	}
	if _, err := x.file.WriteString(head); err != nil {
		return err
	}
	if err := writeMboxBody(x.file, body); err != nil {
		return err
	}
	_, err := x.file.WriteString("\n")
	return err
}

// padding returns what must be added to the file before the next message: the end of its last line
// and a blank line, as far as they are missing.
func (x *mboxShelf) padding() (string, error) {
	var end [2]byte
	from := max(0, x.size-2)
	if _, err := x.file.ReadAt(end[:x.size-from], from); err != nil {
		return "", err
	}
	switch {
	case x.size == 0 || end == [2]byte{'\n', '\n'}:
		return "", nil
	case end[x.size-from-1] == '\n':
		return "\n", nil
	}
	return "\n\n", nil
}

func (x *mboxShelf) close() error {
	return errors.Join(x.file.Sync(), x.file.Close(), os.Remove(x.path+lockEnd))
}
