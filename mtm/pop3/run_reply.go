package pop3

import (
	"context"
	"errors"
	"io"
)

// reply reads one reply into the sink, or throws it away once the sink has failed. Its error ends the session; the sink's
// error is kept in failed.
func (r *run) reply(ctx context.Context, s *Session, n int) error {
	c := command{verb: r.verb, number: n}
	text, err := s.status(ctx, c)
	switch {
	case err != nil:
		return r.refusal(n, err)
	case r.body:
		return r.message(ctx, s, c, text)
	case r.failed == nil:
		r.failed = r.sink.Done(n, 0, nil)
	}
	return nil
}

// refusal is of a deletion, or makes a doubt. Any other error it returns.
func (r *run) refusal(n int, err error) error {
	var refused *ReplyError
	switch {
	case !errors.As(err, &refused):
		return err
	case r.body:
		r.refuse(refused)
	case r.failed == nil:
		r.failed = r.sink.Done(n, 0, refused)
	}
	return nil
}

// message reads the message that follows a status line.
func (r *run) message(ctx context.Context, s *Session, c command, text []byte) error {
	first := s.lookAhead(text)
	// QUIRK 86: a late line too many is taken for the status line also when nothing else was in flight.
	if r.doubt == nil && (first != plainLine && r.unsure() || first == okLine && r.again != r.answered+1) {
		r.doubt = &doubt{from: r.answered}
	}
	if r.doubt != nil {
		return r.hold(ctx, s, c, first != plainLine)
	}
	blank := s.blankLeftOut
	var w io.Writer
	if r.failed == nil {
		if w, r.failed = r.sink.Message(c.number); r.failed != nil {
			w = nil
		}
	}
	octets, writeErr, err := s.body(ctx, c, first == repeatedLine, w)
	if err != nil {
		return err
	}
	if r.failed == nil {
		r.failed = writeErr
	}
	// QUIRK 87: the blank line may have been the answer, and this is that to another command.
	if short := r.short(s, c.number, octets); r.failed == nil && (blank || short) {
		r.doubt = &doubt{from: r.answered + 1, room: holdOctets, last: &ended{c.number, octets, short}}
		return nil
	}
	if r.failed == nil {
		r.failed = r.sink.Done(c.number, octets, nil)
	}
	r.window = min(r.window+1, r.widest)
	return nil
}
