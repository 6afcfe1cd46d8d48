package maildrop

import (
	"errors"
	"io"
)

// An mbox caches small messages in memory: it reads them once anyway to measure them, and reading
// one again means removing its quoting again. Cached octets are served while the file is unchanged.
const (
	keptAtMost  = 128 << 20 // octets of one file
	largestKept = 256 << 10
)

// room is the number of octets that may still be cached.
type room int64

// keep reads the octets of a message as served, to cache them. It returns nil when the message is
// too large, the cache is full, or the file has changed since it was measured.
func (left *room) keep(r io.Reader, f form) []byte {
	if f.octets > largestKept || room(f.octets) > *left {
		return nil
	}
	octets := make([]byte, f.octets)
	n, err := io.ReadFull(r, octets)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	if n != len(octets) && n != len(octets)-2 { // without the line end that serving adds
		return nil
	}
	*left -= room(len(octets))
	return octets[:n]
}

// fromMemory returns a reader of cached octets.
func fromMemory(octets []byte) io.ReadCloser {
	r := new(memoryReader)
	r.Reset(octets)
	return r
}
