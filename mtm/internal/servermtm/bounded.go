package servermtm

import (
	"fmt"
	"io"
	"math"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/symbian"
)

// LIST's size of a message may be an estimate, or a lie: the limits on messages also hold while one
// is read. A message that is longer stays on the server, and is left out as one whose size was
// known to be too large.

// bounded passes a message on up to its ceiling.
type bounded struct {
	to   io.Writer
	most int64
	got  int64
}

// over reports whether the message is longer than it may be.
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

// endlessError is of a message that is so much longer than it may be that the
// connection is given up.
type endlessError struct{ most int64 }

func (e *endlessError) Error() string {
	return fmt.Sprintf("the message goes on beyond %d octets, and the connection was closed; it stays on the server", e.most)
}

// Unwrap gives the number, and makes the session end.
func (*endlessError) Unwrap() []error { return []error{symbian.ErrServer, pop3.ErrDrop} }

// tooLong is the error of a whole message that only its header was wanted of.
func (b *bounded) tooLong() error {
	if !b.over() {
		return nil
	}
	return fmt.Errorf("the message has more than %d octets", b.most)
}

// discarded bounds a message that is only thrown away.
func discarded(ceiling int64) int64 {
	if ceiling == math.MaxInt64 {
		return 0
	}
	return ceiling + 2*swallowed
}

// swallowed is how many octets beyond the limit are read, to go on with the next
// message in the same session.
const swallowed = 1 << 20
