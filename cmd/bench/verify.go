package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm/store"
)

// verifyStore checks that a store is sound and that its Inbox holds what was served: every message once, in order, octet
// for octet. It needs no memory for the messages.
func verifyStore(ctx context.Context, dir string, served maildrop.List) (err error) {
	st, err := openStore(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return verifyEntries(ctx, st, store.Inbox, "Inbox", served, newComparer().message)
}

func openStore(dir string) (*store.Store, error) {
	return store.Open(dir, &store.Options{MustExist: true, ReadOnly: true})
}

// verifyEntries checks that the store is sound, and that the children of an entry are the mailbox's messages in order,
// each the same as what was served.
func verifyEntries(ctx context.Context, st *store.Store, parent store.ID, place string, served maildrop.List, is same) error {
	if err := checkSound(ctx, st); err != nil {
		return err
	}
	n := 0
	err := st.Each(ctx, parent, func(e *store.Entry) error {
		n++
		if n > served.Len() {
			return fmt.Errorf("more than the %d messages served are in the %s", served.Len(), place)
		}
		want := served.At(n - 1)
		if e.UID != want.UID() {
			return fmt.Errorf("message %d in the %s has the UID %q, served was %q", n, place, e.UID, want.UID())
		}
		return is(ctx, st, e, want)
	})
	if err == nil && n < served.Len() {
		err = fmt.Errorf("%d messages were served and %d are in the %s", served.Len(), n, place)
	}
	return err
}

// checkSound reads all that a store holds.
func checkSound(ctx context.Context, st *store.Store) error {
	var found []error
	summary, err := st.Check(ctx, func(p store.Problem) { found = append(found, errors.New(p.Text)) })
	if err == nil && summary.Problems > 0 {
		err = fmt.Errorf("the store has %d problems: %w", summary.Problems, errors.Join(found...))
	}
	return err
}

// comparer compares streams through buffers that it keeps.
type comparer struct{ a, b []byte }

func newComparer() *comparer {
	const size = 256 << 10
	return &comparer{make([]byte, size), make([]byte, size)}
}

// message compares the body of an entry with a message.
func (c *comparer) message(ctx context.Context, st *store.Store, e *store.Entry, want maildrop.Message) (err error) {
	kept, err := st.Body(ctx, e.ID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	served, err := want.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, served.Close()) }()
	if kept.Size() != want.Size() {
		return fmt.Errorf("message %s has %d octets, served were %d", want.UID(), kept.Size(), want.Size())
	}
	if err := c.same(kept, served); err != nil {
		return fmt.Errorf("message %s: %w", want.UID(), err)
	}
	return nil
}

// same compares two streams to their ends.
func (c *comparer) same(kept, served io.Reader) error {
	at, err := c.difference(kept, served)
	if err == nil && at >= 0 {
		err = fmt.Errorf("octet %d differs from what was served", at)
	}
	return err
}

// difference is where two streams differ first, counted from 0, or -1.
func (c *comparer) difference(kept, served io.Reader) (int64, error) {
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
		case err != nil || e != nil: // equal, and one ended: both did
			return -1, nil
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
