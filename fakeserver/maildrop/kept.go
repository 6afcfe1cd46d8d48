package maildrop

import (
	"errors"
	"io"
)

// A source of files keeps the octets of small messages in memory, which it has read to measure them anyway: opening and
// reading a file costs more than sending it. What is kept is served as long as the file is the one that was measured.
const (
	keptAtMost  = 128 << 20 // octets of one source
	largestKept = 256 << 10
)

// room is how many octets a source may still keep.
type room int64

// keep reads the octets of a message as they are served, of the given form; nil when it is too large, when there is no
// room left or when it is not what was measured.
func (left *room) keep(r io.Reader, f form) []byte {
	if f.octets > largestKept || room(f.octets) > *left {
		return nil
	}
	octets := make([]byte, f.octets)
	n, err := io.ReadFull(r, octets)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	if n != len(octets) && n != len(octets)-2 { // without the line end that is added when it is served
		return nil
	}
	*left -= room(len(octets))
	return octets[:n]
}

// fromMemory serves octets that were kept.
func fromMemory(octets []byte) io.ReadCloser {
	r := new(memoryReader)
	r.Reset(octets)
	return r
}
