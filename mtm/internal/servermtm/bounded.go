package servermtm

import (
	"fmt"
	"io"
	"math"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/symbian"
)

// LIST's size of a message may be an estimate or wrong, so limits are also applied while a
// message is read. A message that is longer stays on the server and is left out, like one that
// LIST says is too large.

// bounded is a writer that passes a message on up to its ceiling.
type bounded struct {
	to   io.Writer
	most int64
	got  int64
}

// over reports whether the message exceeds its limit.
func (b *bounded) over() bool { return b.got > b.most }

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	b.got += int64(len(p))
	switch {
	case !b.over():
		return b.to.Write(p)
	case b.got-b.most > swallowed:
		return 0, &endlessError{b.most}
	}
	return len(p), nil
}

// endlessError reports a message that exceeds its limit by so much that the connection is closed.
type endlessError struct{ most int64 }

func (e *endlessError) Error() string {
	return fmt.Sprintf("the message is longer than %d octets, so the connection was closed; the message stays on the server", e.most)
}

// Unwrap returns the original's number, and pop3.ErrDrop, which ends the session.
func (*endlessError) Unwrap() []error { return []error{symbian.ErrServer, pop3.ErrDrop} }

// tooLong returns the error for a whole message that a server sent in place of a header.
func (b *bounded) tooLong() error {
	if !b.over() {
		return nil
	}
	return fmt.Errorf("the message has more than %d octets", b.most)
}

// discarded returns the limit for a message that is only discarded.
func discarded(ceiling int64) int64 {
	if ceiling == math.MaxInt64 {
		return 0
	}
	return ceiling + 2*swallowed
}

// swallowed is how many octets beyond the limit are read, so that the session can continue
// with the next message.
const swallowed = 1 << 20
