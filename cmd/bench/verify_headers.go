package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// same compares an entry of a store with the message that was served.
type same func(ctx context.Context, st *store.Store, e *store.Entry, want maildrop.Message) error

// verifyHeaders checks that a store is sound and that its account's mailbox lists all messages, each with its size and
// the octets of its header.
func verifyHeaders(ctx context.Context, dir string, served maildrop.List, j job) error {
	return verifyMailbox(ctx, dir, served, j.Before, sameTop(0))
}

// verifyTops is verifyHeaders for a mailbox of which a job has fetched the first lines of some messages.
func verifyTops(ctx context.Context, dir string, served maildrop.List, j job) error {
	taken := map[string]bool{} // by UID; nil stands for all
	if j.Which == selection {
		wanted := j.wanted(served)
		for i := range wanted.Len() {
			taken[wanted.At(i).UID()] = true
		}
	}
	top, header := sameTop(j.Lines), sameTop(0)
	return verifyMailbox(ctx, dir, served, j.Before, func(ctx context.Context, st *store.Store, e *store.Entry, want maildrop.Message) error {
		if j.Which == selection && !taken[e.UID] {
			return header(ctx, st, e, want)
		}
		return top(ctx, st, e, want)
	})
}

func verifyMailbox(ctx context.Context, dir string, served maildrop.List, before int, is same) (err error) {
	st, err := openStore(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	account, err := mtm.FindAccount(ctx, st, accountName)
	if err != nil {
		return err
	}
	return verifyEntries(ctx, st, account.ID, "mailbox", newestFirst{served, before}, is)
}

// sameTop compares what is kept of a message with its header, the blank line included, and so many lines of its body.
func sameTop(lines int) same {
	return func(ctx context.Context, st *store.Store, e *store.Entry, want maildrop.Message) (err error) {
		if e.Size != want.Size() {
			return fmt.Errorf("message %s is listed with %d octets, served were %d", want.UID(), e.Size, want.Size())
		}
		body, err := st.Body(ctx, e.ID)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, body.Close()) }()
		kept, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		served, err := beginning(want, int64(len(kept)))
		if err != nil {
			return err
		}
		end := topEnd(served, lines)
		if !bytes.Equal(kept, served) || end != len(kept) && (end >= 0 || e.Size != int64(len(kept))) {
			return fmt.Errorf("what is kept of message %s differs from the header and %s that were served", want.UID(), count(lines, "line"))
		}
		return nil
	}
}

// beginning is at most the first n octets of a message.
func beginning(m maildrop.Message, n int64) (octets []byte, err error) {
	body, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	// What ends without a CRLF is served with one; see maildrop.Message.
	return io.ReadAll(io.LimitReader(io.MultiReader(body, strings.NewReader("\r\n")), min(n, m.Size())))
}

// newestFirst is the order in which a mailbox lists what was served: the newest first, after those of earlier visits.
type newestFirst struct {
	maildrop.List
	before int
}

func (l newestFirst) At(i int) maildrop.Message {
	if i < l.before {
		return l.List.At(l.before - 1 - i)
	}
	return l.List.At(l.Len() - 1 - (i - l.before))
}

// topEnd is where the answer to TOP ends (RFC 1939 section 7): header, blank line, and the first lines of the body. It is
// -1 when the message has no more.
func topEnd(message []byte, lines int) int {
	blank := []byte("\r\n\r\n")
	end := bytes.Index(message, blank)
	if end < 0 {
		return -1
	}
	end += len(blank)
	for ; lines > 0; lines-- {
		n := bytes.IndexByte(message[end:], '\n')
		if n < 0 {
			return -1
		}
		end += n + 1
	}
	return end
}
