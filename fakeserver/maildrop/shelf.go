package maildrop

import (
	"bytes"
	"sync"
)

// shelfOctets is the size of the largest folder whose small messages are kept in memory. Of a
// larger one nothing is kept: clients fetch one message after another, so each would be dropped
// before it is fetched again.
const shelfOctets = 128 << 20

// shelf has the octets of small files: those that are kept, and those that are being served.
type shelf struct {
	buffers sync.Pool // of *[]byte

	mu     sync.Mutex
	octets map[stamp][]byte
	off    bool // nothing is kept
}

// fit forgets the octets of files that are not in a new list, and reads those that are missing.
func (s *shelf) fit(l *fileList) {
	s.mu.Lock()
	before := s.octets
	s.octets, s.off = map[stamp][]byte{}, l.octets > shelfOctets
	for i := range l.files {
		if octets := before[l.files[i].stamp]; octets != nil && !s.off {
			s.octets[l.files[i].stamp] = octets
		}
	}
	off := s.off
	s.mu.Unlock()
	if off {
		return
	}
	_ = inParallel(len(l.files), func(i int, _ []byte) error {
		if m := &l.files[i]; !m.young && m.form.octets <= wholeFile && s.kept(m.stamp) == nil {
			if r, err := m.Open(); err == nil { // an error is reported when it is asked for
				_ = r.Close()
			}
		}
		return nil
	}) // never fails
}

// kept returns the octets of a file as served, or nil.
func (s *shelf) kept(of stamp) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.octets[of]
}

// keep keeps the octets of r.
func (s *shelf) keep(of stamp, r *wholeReader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.off {
		s.octets[of] = bytes.Clone(r.octets)
	}
}

// wholeReader reads a message from a buffer of the shelf, which it returns when it is closed.
type wholeReader struct {
	bytes.Reader
	octets []byte
	pooled *[]byte
	shelf  *shelf
}

// reader returns a reader with a buffer of that size.
func (s *shelf) reader(size int) *wholeReader {
	const least = 16 << 10
	p, ok := s.buffers.Get().(*[]byte)
	if !ok || cap(*p) < size {
		b := make([]byte, max(least, size))
		p = &b
	}
	return &wholeReader{octets: (*p)[:size], pooled: p, shelf: s}
}

// Close implements io.Closer. Its error is always nil.
func (r *wholeReader) Close() error {
	if r.pooled != nil {
		r.shelf.buffers.Put(r.pooled)
		*r = wholeReader{}
	}
	return nil
}
