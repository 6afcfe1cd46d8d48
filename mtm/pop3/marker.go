package pop3

import (
	"context"
	"errors"
	"fmt"
)

// resync brings commands and replies back into step: it sends more probes in a row than are in
// flight, and discards all that comes until as many probe replies in a row. Then the run continues
// after the last proven message. Its error ends the session.
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

// findMarker does that on servers with PIPELINING. It sends STAT once more than it needs replies,
// since the first reply may be glued to an unfinished line. The reply to NOOP shows that no more of
// them follow.
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
			default: // the writer is blocked: the server does not read until we have read its replies
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

// findAnswer does that on servers without PIPELINING. An earlier reply to STAT, or to both commands
// of a pair, may still be on its way, so it needs NOOP's reply too, which differs from STAT's.
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

// last reports whether line is a status line and nothing has come after it.
func (r *run) last(line []byte) bool {
	_, _, known := parseStatus(line)
	return known && len(r.s.in.Unread()) == 0
}

var (
	errTooMuch = errors.New("too many octets before the probe's reply")
	errUntold  = errors.New("no probe proves anything on this server")
)

// skip discards a line. All skipped octets together may be at most those that the messages in
// flight may have.
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
