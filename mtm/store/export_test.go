package store

import (
	"bytes"
	"context"
	"io"
	"math"
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

// CoveredByParts counts the octets of raw that its parts hold; none counts twice.
func CoveredByParts(raw []byte) int {
	m, _ := walkMIME(context.Background(), bytes.NewReader(raw))
	var end, sum int64
	for _, p := range m.list {
		if p.start < end {
			return math.MaxInt
		}
		end = p.start + p.length
		sum += p.length
	}
	return int(sum)
}

// PartsOf lists the parts of a message without a store.
func PartsOf(raw []byte) []Part {
	m, err := walkMIME(context.Background(), bytes.NewReader(raw))
	if err != nil {
		panic(err) // a reader of memory does not fail
	}
	list := make([]Part, len(m.list))
	for i, p := range m.list {
		p.Size, _ = io.Copy(io.Discard, transferDecoded(p.encoding, bytes.NewReader(raw[p.start:p.start+p.length])))
		list[i] = p.Part
	}
	return list
}

// OpenPartOf is the content of a part of raw; nil when there is none.
func OpenPartOf(raw []byte, path string) io.Reader {
	m, err := walkMIME(context.Background(), bytes.NewReader(raw))
	if i, found := m.paths[path]; found && err == nil {
		p := m.list[i]
		return transferDecoded(p.encoding, bytes.NewReader(raw[p.start:p.start+p.length]))
	}
	return nil
}

// AppendBuffer is how much of a segment is gathered before it is written.
const AppendBuffer = appendBuffer

// RecordHeader is the length of a record's header.
const RecordHeader = recordHeader

// RecordOf is the header that is written for b.
func RecordOf(b Body) []byte {
	h := make([]byte, recordHeader)
	putHeader(h, b, 0)
	return h
}

// ParseRecord reads a header.
func ParseRecord(h []byte) (Body, error) {
	r, err := parseRecord(h, 0, 0, 0)
	if err == nil && r.note != 0 {
		err = ErrCorrupt
	}
	return r.Body, err
}
