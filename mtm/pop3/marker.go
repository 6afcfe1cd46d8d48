package pop3

import (
	"context"
	"errors"
	"fmt"
)

// resync makes sure that everything that was asked has been answered, whatever the answers were: it
// asks more probes in a row than are in flight, and throws away what comes up to that many answers
// in a row. Then the run goes on behind what is proven. Its error ends the session.
func (r *run) resync(ctx context.Context) error {
	if r.s.probe.odd {
		r.widest = 1
	}
	find := r.findMarker
	if r.widest == 1 {
		find = r.findAnswer
	}
	if err := find(ctx); err != nil {
		c := r.command(r.blamed.flight)
		if errors.Is(err, errTooMuch) {
			what := fmt.Sprintf("at most %d octets a message before the answer to %s", r.s.maxBody, r.s.probe.verb())
			return r.apply(nonsense, answer{}, c.limitError(0, "MaxBody", what))
		}
		if errors.Is(err, errUntold) {
			return r.apply(nonsense, answer{}, r.s.probe.untold(c))
		}
		failed := lineError(ctx, c, r.s.opt.Timeout, err)
		if r.cause != nil {
			failed.Got = r.cause.Got
		}
		return r.apply(broken, answer{}, failed)
	}
	return r.apply(marker, answer{}, nil)
}

// findMarker is for servers with PIPELINING. STAT is asked once more than there must be answers,
// since the first one may stand in a line that has no end; NOOP shows that no more of them follow.
func (r *run) findMarker(ctx context.Context) error {
	needed := r.owed + 1
	batch := r.batch()
	for range needed + 1 {
		batch = append(batch, "STAT\r\n"...)
	}
	batch = append(batch, "NOOP\r\n"...)
	var skipped int64
	for run, sent := 0, false; ; {
		if !sent {
			select {
			case r.batches <- batch:
				sent = true
			default: // the writer waits for a server that waits for us
			}
		}
		line, err := r.skip(ctx, &skipped)
		if err != nil {
			return err
		}
		_, shaped := r.s.probe.hear(line)
		switch {
		case shaped:
			run++
		case run >= needed && sent && r.last(line):
			return nil
		default:
			run = 0
		}
	}
}

// findAnswer is for servers that take one command at a time. The answer to the second command is
// unlike that to the first, of which one more may be on its way from before, or of a pair both.
func (r *run) findAnswer(ctx context.Context) error {
	if !r.s.probe.tells() {
		return errUntold
	}
	var skipped int64
	for _, verb := range [...]string{"STAT", "NOOP"} {
		r.send(verb)
		for {
			line, err := r.skip(ctx, &skipped)
			if err != nil {
				return err
			}
			if r.s.probe.fits(verb, line) && r.last(line) {
				if verb == "STAT" && !r.s.probe.odd {
					r.s.probe.hear(line)
				}
				break
			}
		}
	}
	return nil
}

// last reports whether a line is an answer, and nothing has come behind it.
func (r *run) last(line []byte) bool {
	_, _, known := parseStatus(line)
	return known && len(r.s.in.Unread()) == 0
}

var (
	errTooMuch = errors.New("too much")
	errUntold  = errors.New("no probe tells")
)

// skip throws a line away, of at most as many octets in all as the messages in flight may have.
func (r *run) skip(ctx context.Context, skipped *int64) (line []byte, err error) {
	if err = ctx.Err(); err != nil {
		return nil, err
	}
	line, n, err := r.s.in.SkipLine()
	if *skipped += n; err == nil && *skipped/int64(r.flights.messages+1) > r.s.maxBody {
		err = errTooMuch
	}
	return line, err
}
