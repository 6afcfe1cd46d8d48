package pop3

import (
	"context"
	"fmt"
	"io"
	"strconv"
)

// Top writes the header of message n and the first lines of its body to w; see Retr for results and
// errors. QUIRK 67, 68, 70: servers may send more or less than asked, or refuse large counts.
func (s *Session) Top(ctx context.Context, n, lines int, w io.Writer) (int64, error) {
	if err := checkLines(lines); err != nil {
		return 0, err
	}
	return s.fetch(ctx, command{verb: "TOP", number: n}, "TOP "+strconv.Itoa(n)+" "+strconv.Itoa(lines), w)
}

// TopAll retrieves the header and the first lines of each message, as RetrAll does.
func (s *Session) TopAll(ctx context.Context, numbers []int, lines int, sink Sink) error {
	return s.TopEach(ctx, Ints(numbers), lines, sink)
}

// TopEach is TopAll for numbers of any kind.
func (s *Session) TopEach(ctx context.Context, numbers Numbers, lines int, sink Sink) error {
	if err := checkLines(lines); err != nil {
		return err
	}
	return s.runAll(ctx, &run{verb: "TOP", numbers: numbers, tail: " " + strconv.Itoa(lines), body: true, sink: sink})
}

func checkLines(lines int) error {
	if lines < 0 {
		return fmt.Errorf("%w: TOP with %d lines", ErrArgument, lines)
	}
	return nil
}
