package store

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// Equal reports whether a finished body of the batch has the octets of an entry's body. Both are read only when their lengths
// and checksums agree.
func (b *Batch) Equal(ctx context.Context, body Body, with ID) (bool, error) {
	there, err := b.s.bodyOf(ctx, with)
	if err != nil {
		return false, err
	}
	if there.Length != body.Length || there.CRC != body.CRC {
		return false, nil
	}
	if err = b.handOver(body); err != nil {
		return false, err
	}
	x, err := b.s.openBody(body)
	if err != nil {
		return false, err
	}
	y, err := b.s.Body(ctx, with)
	if err != nil {
		return false, errors.Join(err, x.Close())
	}
	equal, err := sameOctets(x, y)
	return equal, errors.Join(err, x.Close(), y.Close())
}

// handOver gives the system what the body's segment still gathers, so that it can be read.
func (b *Batch) handOver(body Body) error {
	for _, p := range b.bodies {
		if p.body == body {
			p.g.mu.Lock()
			defer p.g.mu.Unlock()
			return p.g.flush()
		}
	}
	return nil // it was committed
}

// sameOctets reads two streams to their ends, with bounded memory.
func sameOctets(x, y io.Reader) (bool, error) {
	p, q := make([]byte, copySize), make([]byte, copySize)
	for {
		n, err := io.ReadFull(x, p)
		m, other := io.ReadFull(y, q)
		for _, err := range []error{err, other} {
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return false, err
			}
		}
		if !bytes.Equal(p[:n], q[:m]) {
			return false, nil
		}
		if err != nil {
			return true, nil
		}
	}
}
