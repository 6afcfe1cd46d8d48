package servermtm

import (
	"fmt"
	"io"
	"math"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
)

// LIST's size of a message may be an estimate, or a lie: the limits on messages also hold while one is read. A
// message that is longer stays on the server, and is left out as one whose size was known to be too large.

// swallowed is how many octets beyond the limit are read, to go on with the next message in the same session.
const swallowed = 1 << 20

// allows reports whether the account's settings let a message of that size come at all.
func (s *Session) allows(size int64) bool {
	most := s.settings.MaxMessage
	return most <= 0 || size <= most
}

// ceiling returns how many octets of a message are taken: a tenth more than what is asked for and what the account allows,
// for servers that tell estimates.
func (s *Session) ceiling(asked int64) int64 {
	most := s.settings.MaxMessage
	if asked > 0 && (most <= 0 || asked < most) {
		most = asked
	}
	if most <= 0 || most > math.MaxInt64/2 {
		return math.MaxInt64
	}
	return most + most/10
}

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

// endlessError is of a message that is so much longer than it may be that the connection is given up.
type endlessError struct{ most int64 }

func (e *endlessError) Error() string {
	return fmt.Sprintf("the message goes on beyond %d octets, and the connection was closed; it stays on the server", e.most)
}

// Unwrap gives the number, and makes the session end.
func (*endlessError) Unwrap() []error { return []error{progress.ServerProblem, pop3.ErrDrop} }

// leaveOut counts a message that is too large.
func (w *work) leaveOut(size int64) {
	w.outcome.TooLarge++
	w.outcome.TooLargeOctets += size
}

// leaveOut forgets the message in hand, which is longer than it may be.
func (s *bodySink) leaveOut() error {
	body := s.body
	s.body = nil
	if err := body.Discard(); err != nil {
		return err
	}
	if s.current.id == 0 {
		s.turnedDown = append(s.turnedDown, turnedDown{failure: noFailure, number: s.current.number})
	}
	s.work.leaveOut(max(s.current.size, s.size.got))
	return nil
}

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

// limitHeaders bounds what TOP brings. Servers that ignore its number of lines send whole messages: the longest one in LIST
// may come, whatever the account allows.
func (s *Session) limitHeaders() {
	longest := min(s.longest, math.MaxInt64/2)
	s.wire.LimitBody(discarded(max(s.ceiling(0), longest+longest/10)))
}

// takeUp makes a message the one in hand, of which nothing has come.
func (s *bodySink) takeUp(number int) {
	if s.current.number != number {
		s.current = itemOf(s.items, number)
		s.head.reset()
		s.size = bounded{}
	}
}
