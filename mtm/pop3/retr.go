package pop3

import (
	"context"
	"io"
	"strconv"
)

// Retr writes message n to w, exactly as it was before dot-stuffing, and returns the octets
// written. The CRLF before the final dot belongs to the message. An error of w is returned as it
// is, after the rest of the message was read and thrown away, and the session stays usable. When
// the line fails, w holds what came so far. A refusal is returned once STAT has shown that it
// answers this command (QUIRK 86).
func (s *Session) Retr(ctx context.Context, n int, w io.Writer) (int64, error) {
	return s.fetch(ctx, command{verb: "RETR", number: n}, "RETR "+strconv.Itoa(n), w)
}

// RetrAll retrieves the messages with these numbers in this order, pipelined, into sink; see Sink.
func (s *Session) RetrAll(ctx context.Context, numbers []int, sink Sink) error {
	return s.runAll(ctx, &run{verb: "RETR", numbers: numbers, body: true, sink: sink})
}

// StopWhen makes RetrAll and TopAll ask for no more messages from when on stops reports true. Those
// that were asked for are the last of which the sink hears, and the run returns nil. nil is never.
func (s *Session) StopWhen(stops func() bool) { s.stops = stops }

// fetch is the exchange of RETR and TOP.
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
