package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Body returns a reader of an entry's body, byte for byte as it was stored. The caller must Close
// it. Errors are ErrNotFound, ErrNoBody and ErrCorrupt.
func (s *Store) Body(ctx context.Context, id ID) (*BodyReader, error) {
	var last Body
	for {
		b, err := s.bodyOf(ctx, id)
		if err != nil {
			return nil, err
		}
		r, err := s.handles.body(b)
		// A reclaim has moved the body: the index has its new place.
		if errors.Is(err, fs.ErrNotExist) && b != last {
			last = b
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("entry %d: %w: segment %d is missing", id, ErrCorrupt, b.Segment)
		}
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", id, err)
		}
		return r, nil
	}
}

func (s *Store) bodyOf(ctx context.Context, id ID) (Body, error) {
	var b Body
	found := false
	err := s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, "SELECT "+bodyColumns+" FROM entries WHERE id = ?",
			func(row cells) error {
				found = true
				b = scanBody(row, 0)
				return nil
			}, id)
	})
	switch {
	case err != nil:
		return b, err
	case !found:
		return b, fmt.Errorf("entry %d: %w", id, ErrNotFound)
	case b.Kind == BodyNone:
		return b, fmt.Errorf("entry %d: %w", id, ErrNoBody)
	}
	return b, nil
}

// Equal reports whether a finished body of the batch has the same octets as the body of the entry
// with. It reads them only when lengths and checksums agree.
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
	x, err := b.s.handles.body(body)
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

// handOver flushes the buffer of the body's segment, so that the body can be read.
func (b *Batch) handOver(body Body) error {
	for _, p := range b.bodies {
		if p.body == body {
			p.g.mu.Lock()
			defer p.g.mu.Unlock()
			return p.g.flush()
		}
	}
	return nil // the body is committed
}

// sameOctets reports whether two readers return the same octets, in bounded memory.
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
