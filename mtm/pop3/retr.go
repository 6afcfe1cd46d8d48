package pop3

import (
	"context"
	"io"
	"strconv"
)

// Retr writes message n to w, exactly as it was before dot-stuffing and with the CRLF before the
// final dot, and returns the octets written.
//
// When w fails, Retr discards the rest of the message (see Options.MaxRest) and returns w's error
// unchanged. When the connection fails, w holds what came so far.
//
// QUIRK 86: before Retr returns a *ReplyError, a STAT proves that it answers this command.
func (s *Session) Retr(ctx context.Context, n int, w io.Writer) (int64, error) {
	return s.fetch(ctx, command{verb: "RETR", number: n}, "RETR "+strconv.Itoa(n), w)
}

// RetrAll retrieves the messages with these numbers, in this order and pipelined, into sink. Sink
// describes when it is called and which errors RetrAll returns.
func (s *Session) RetrAll(ctx context.Context, numbers []int, sink Sink) error {
	return s.RetrEach(ctx, Ints(numbers), sink)
}

// RetrEach is RetrAll for numbers of any kind.
func (s *Session) RetrEach(ctx context.Context, numbers Numbers, sink Sink) error {
	return s.runAll(ctx, &run{verb: "RETR", numbers: numbers, body: true, sink: sink})
}

// StopWhen makes RetrAll, RetrEach, TopAll and TopEach ask for no more messages once stops returns
// true. The sink still gets those that were asked for, and the run returns nil. A nil function
// never stops.
func (s *Session) StopWhen(stops func() bool) { s.stops = stops }

// fetch sends RETR or TOP and writes the message to w.
func (s *Session) fetch(ctx context.Context, c command, words string, w io.Writer) (int64, error) {
	if err := checkNumber(c.number); err != nil {
		return 0, err
	}
	var octets int64
	err := s.exchange(ctx, c, words, func(text []byte) error {
		first, _ := s.lookAhead(text)
		n, writeErr, err := s.body(ctx, c, first == repeatedLine, nil, s.watchWriter(w))
		octets = n
		if err != nil {
			return err
		}
		return writeErr
	})
	return octets, s.confirm(ctx, c, err)
}
