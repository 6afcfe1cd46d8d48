package pop3

import (
	"context"
	"io"
	"strconv"
)

// Dele marks message n as deleted; the server deletes it at QUIT (RFC 1939 section 6).
func (s *Session) Dele(ctx context.Context, n int) error {
	if err := checkNumber(n); err != nil {
		return err
	}
	s.probe.forget()
	return s.exchange(ctx, command{verb: "DELE", number: n}, "DELE "+strconv.Itoa(n), nil)
}

// DeleAll marks the messages with these numbers as deleted, in this order, pipelined. It calls done
// for each, with nil or a *ReplyError.
//
// When done returns an error, no further DELE is sent, but the server may have obeyed those in
// flight (at most Options.Window); DeleAll returns that error unchanged, and the session stays
// usable.
func (s *Session) DeleAll(ctx context.Context, numbers []int, done func(n int, err error) error) error {
	s.probe.forget()
	return s.runAll(ctx, &run{verb: "DELE", numbers: Ints(numbers), sink: deleted(done)})
}

// deleted implements Sink for a run without bodies.
type deleted func(n int, err error) error

func (d deleted) Message(int) (io.Writer, error) { return nil, nil }

func (d deleted) Done(n int, _ int64, err error) error { return d(n, err) }
