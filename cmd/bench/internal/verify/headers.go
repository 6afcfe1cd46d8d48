package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// Tops describes which part of messages a store must hold.
type Tops struct {
	Lines int             // of the body
	Only  map[string]bool // by UID, those of which the lines were fetched; nil for all
}

// Listing checks that a store is sound and that its account's mailbox lists all messages, each with
// its size and the header that top has seen. The first messages were listed by earlier visits.
func Listing(ctx context.Context, dir string, served maildrop.List, before int, top *Tops) error {
	return InStore(dir, func(st *store.Store) error {
		account, err := mtm.FindAccount(ctx, st, AccountName)
		if err != nil {
			return err
		}
		listed := newestFirst{served, before}
		return Entries(ctx, st, account.ID, &Judge{Served: listed, Find: InOrder(listed), top: top})
	})
}

// compare reports what differs in an entry whose stored part is in: the header with the blank line,
// and lines of the body.
func (t *Tops) compare(e *store.Entry, in io.Reader, want maildrop.Message) (wrong string, err error) {
	lines := t.Lines
	if t.Only != nil && !t.Only[want.UID()] {
		lines = 0
	}
	if e.Size != want.Size() {
		return fmt.Sprintf("is listed with %d octets, served were %d", e.Size, want.Size()), nil
	}
	kept, err := io.ReadAll(in)
	if err != nil {
		return "", err
	}
	served, err := beginning(want, int64(len(kept)))
	if err != nil {
		return "", err
	}
	end := topEnd(served, lines)
	if !bytes.Equal(kept, served) || end != len(kept) && (end >= 0 || e.Size != int64(len(kept))) {
		return fmt.Sprintf("differs from the header and %s that were served", numbers.Count(lines, "line")), nil
	}
	return "", nil
}

// beginning returns at most the first n octets of a message.
func beginning(m maildrop.Message, n int64) (octets []byte, err error) {
	body, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	// A message that ends without a CRLF is served with one; see maildrop.Message.
	return io.ReadAll(io.LimitReader(io.MultiReader(body, strings.NewReader("\r\n")), min(n, m.Size())))
}

// newestFirst is the order in which a mailbox lists what was served: the newest first, after
// those of earlier visits.
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

// topEnd is where the answer to TOP ends (RFC 1939 section 7): header, blank line, and the first
// lines of the body. It is -1 when the message has no more.
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
