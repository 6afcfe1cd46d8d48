package store

import (
	"bytes"
	"context"
	"io"
	"os"
)

// SwapIdleFile replaces the file of the segment that the next body goes to;
// the result undoes it.
func (s *Store) SwapIdleFile(f *os.File) (restore func()) {
	s.writers.mu.Lock()
	defer s.writers.mu.Unlock()
	g := s.writers.idle[len(s.writers.idle)-1]
	old := g.f
	g.f = f
	return func() { g.f = old }
}

// PartsOf lists the parts of a message without a store.
func PartsOf(raw []byte) []Part {
	return walkMIME(context.Background(), bytes.NewReader(raw), "").list
}

// OpenPartOf is the content of a part of raw; nil when there is none.
func OpenPartOf(raw []byte, path string) io.Reader {
	return walkMIME(context.Background(), bytes.NewReader(raw), path).found
}

// RecordHeader is the length of a record's header.
const RecordHeader = recordHeader

// RecordOf is the header that is written for b.
func RecordOf(b Body) []byte {
	h := make([]byte, recordHeader)
	putHeader(h, b)
	return h
}

// ParseRecord reads a header.
func ParseRecord(h []byte) (Body, error) { return parseHeader(h, 0, 0) }
