package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm/store"
)

// Inbox checks that a store has no problems and that its Inbox has exactly the messages that were
// served: each once, the newest first, octet for octet. It streams the messages.
func Inbox(ctx context.Context, dir string, served maildrop.List) error {
	return InStore(dir, func(st *store.Store) error {
		fetched := newestFirst{served, 0}
		return Entries(ctx, st, store.Inbox, &Judge{Served: fetched, Find: InOrder(fetched)})
	})
}

// Entries checks that the store has no problems, and that the judge finds nothing wrong with the
// messages below an entry.
func Entries(ctx context.Context, st *store.Store, parent store.ID, j *Judge) error {
	mail := keptMail{"store", func(ctx context.Context, visit visitor) error { return eachEntry(ctx, st, parent, visit) }}
	found, err := All(ctx, mail, j, func(int) {})
	if err != nil {
		return err
	}
	return found.err()
}

// Comparer compares streams. It reuses its buffers.
type Comparer struct{ a, b []byte }

// NewComparer returns a comparer with its buffers.
func NewComparer() *Comparer {
	const size = 256 << 10
	return &Comparer{make([]byte, size), make([]byte, size)}
}

// same returns an error with the place of the first difference unless two streams are equal.
func (c *Comparer) same(kept, served io.Reader) error {
	at, err := c.difference(kept, served)
	if err == nil && at >= 0 {
		err = fmt.Errorf("octet %d differs from what was served", at)
	}
	return err
}

// difference returns the offset of the first difference of two streams, or -1 when they are equal.
func (c *Comparer) difference(kept, served io.Reader) (int64, error) {
	for at := int64(0); ; {
		n, err := io.ReadFull(kept, c.a)
		m, e := io.ReadFull(served, c.b)
		if !bytes.Equal(c.a[:n], c.b[:m]) {
			i := 0
			for i < n && i < m && c.a[i] == c.b[i] {
				i++
			}
			return at + int64(i), nil
		}
		at += int64(n)
		switch {
		case err != nil && !ended(err):
			return 0, err
		case e != nil && !ended(e):
			return 0, e
		case err != nil || e != nil: // equal so far and one has ended, so both have
			return -1, nil
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// Next compares the next octets of a stream with a message, and returns an error when they differ.
func (c *Comparer) Next(all io.Reader, m maildrop.Message) (err error) {
	body, err := m.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	return c.same(io.LimitReader(all, m.Size()), body)
}
