package fakeserver

import (
	"bufio"
	"io"
	"sync"
)

// piece is the size of the buffers of a lender. It is the most that a busy session collects before
// it writes.
const piece = 64 << 10

// lender lends buffers to sessions that have something in them, so that a session that waits for
// its client holds none. Its methods are safe for concurrent use.
type lender struct {
	line    int // the longest line that a reader must hold
	readers sync.Pool
	pieces  sync.Pool
	replies sync.Pool
}

// reader returns a reader with a buffer, for the octets of r.
func (l *lender) reader(r io.Reader) *bufio.Reader {
	if b, ok := l.readers.Get().(*bufio.Reader); ok {
		b.Reset(r)
		return b
	}
	return bufio.NewReaderSize(r, max(4<<10, l.line))
}

// takeReader takes a reader back.
func (l *lender) takeReader(b *bufio.Reader) {
	b.Reset(nil) // it must not keep the session
	l.readers.Put(b)
}

// piece returns an empty slice with the capacity piece.
func (l *lender) piece() []byte {
	if p, ok := l.pieces.Get().(*[piece]byte); ok {
		return p[:0]
	}
	return make([]byte, 0, piece)
}

// takePiece takes a piece back. Nobody may use it afterwards.
func (l *lender) takePiece(p []byte) { l.pieces.Put((*[piece]byte)(p[:piece])) }
