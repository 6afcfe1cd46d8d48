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

// Tops describes which part of each message a store must have.
type Tops struct {
	Lines int             // of the body
	Only  map[string]bool // UIDs of the messages whose lines were fetched; nil for all messages
}

// Listing checks that a store has no problems, and that its account lists all messages, each with
// its size and the part that top describes. The first messages, before in number, were listed by
// earlier visits.
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

// compare describes what is wrong with an entry, and returns "" when nothing is. in reads the
// stored part, which must be the header, the blank line and the lines of the body.
func (t *Tops) compare(e *store.Entry, in io.Reader, want maildrop.Message) (wrong string, err error) {
	lines := t.Lines
	if t.Only != nil && !t.Only[want.UID()] {
		lines = 0
	}
	if e.Size != want.Size() {
		return fmt.Sprintf("is listed with %d octets, but %d were served", e.Size, want.Size()), nil
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
		return fmt.Sprintf("is not the header and %s of the served message", numbers.Count(lines, "line")), nil
	}
	return "", nil
}

// beginning returns the first n octets of a message, or all when it is shorter.
func beginning(m maildrop.Message, n int64) (octets []byte, err error) {
	body, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	// A message that ends without a CRLF is served with one; see maildrop.Message.
	return io.ReadAll(io.LimitReader(io.MultiReader(body, strings.NewReader("\r\n")), min(n, m.Size())))
}

// newestFirst is the order in which an account lists the served messages: those of earlier visits,
// then the others, each group with the newest first.
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

// topEnd returns the end of the reply to TOP in a message (RFC 1939 section 7): of the header, the
// blank line, and the first lines of the body. It returns -1 when the message ends before that.
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
