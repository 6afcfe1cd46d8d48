package pop3

import (
	"context"
	"errors"
)

// doubt is that answers may belong to other commands than those for which they are taken. From its index on nothing is given to
// the sink until answers and commands are known to be in step: what is in flight is held back, as far as there is room, and
// thrown away then, to be asked for again.
type doubt struct {
	from  int
	held  []answer // from that index on, one after the other
	room  int      // octets that may still be held
	last  *ended   // the message before, which the sink has, and is not told of its end yet; nil is the rule
	alone bool     // what made the doubt is asked for again without another one in flight
}

// answer is what came for one message.
type answer struct {
	refused *ReplyError
	raw     []byte
	over    bool // there was no room for raw
	room    *int
}

// ended is a message that has come to its end.
type ended struct {
	number int
	octets int64
	short  bool
}

// maxShort bounds how many messages may be shorter than the server says before its sizes are held for estimates (QUIRK 42), which
// are worth no question each time.
const maxShort = 8

// short says whether a message may have ended too early: at a dot that the server did not stuff (QUIRK 74). Then more of it
// follows.
func (r *run) short(s *Session, number int, octets int64) bool {
	sizes, known := r.sink.(Sizer)
	return known && s.shortOnes < maxShort && octets < sizes.Size(number)
}

// holdOctets bounds what a doubt holds back: the headers of a whole window, and most messages.
const holdOctets = 8 << 20

// Write holds octets of a message back.
func (a *answer) Write(p []byte) (int, error) {
	if a.over = a.over || len(p) > *a.room; !a.over {
		*a.room -= len(p)
		a.raw = append(a.raw, p...)
	}
	return len(p), nil
}

// unsure tells whether an answer came since no answer was due, so that what follows it may be its extra line (QUIRK 86).
func (r *run) unsure() bool { return r.answered > r.first }

// holds says whether the doubt holds all that came since it arose.
func (r *run) holds() bool {
	return r.failed == nil && !r.doubt.alone && r.answered == r.doubt.from+len(r.doubt.held)
}

// refuse keeps a refusal until it is known which message is meant.
func (r *run) refuse(err *ReplyError) {
	if r.doubt == nil {
		r.doubt = &doubt{from: r.answered, room: holdOctets}
	}
	if r.holds() {
		r.doubt.held = append(r.doubt.held, answer{refused: err})
	}
}

// hold reads a message that came after the doubt arose. One that looks like a status line may be none.
func (r *run) hold(ctx context.Context, s *Session, c command, shaped bool) error {
	if shaped || !r.holds() {
		r.doubt.alone = r.doubt.alone || shaped
		_, _, err := s.body(ctx, c, false, nil)
		return err
	}
	a := answer{room: &r.doubt.room}
	if _, _, err := s.body(ctx, c, false, &a); err != nil {
		return err
	}
	if !a.over {
		r.doubt.held = append(r.doubt.held, a)
	}
	return nil
}

// resolve ends a doubt, or the session.
func (r *run) resolve(ctx context.Context, s *Session) error {
	d := r.doubt
	c := command{verb: r.verb, number: r.numbers[min(d.from, len(r.numbers)-1)]}
	err := s.inStep(ctx, c, func() error {
		if err := r.checkWritten(s, c); err != nil {
			return err
		}
		r.batches <- []byte("STAT\r\n")
		return nil
	})
	if err != nil {
		if r.failed != nil {
			return errors.Join(r.failed, err)
		}
		return err
	}
	next := d.from + len(d.held)
	switch {
	case d.alone:
		r.window, r.widest, r.again = 1, 1, next+1
	case next == r.sent:
		r.window = min(2*r.window, r.widest)
	default: // something was thrown away
		r.window = 1
	}
	if d.last != nil {
		if d.last.short {
			s.shortOnes++
		}
		r.failed = r.sink.Done(d.last.number, d.last.octets, nil)
	}
	for i, a := range d.held {
		r.deliver(r.numbers[d.from+i], a)
	}
	r.sent, r.answered, r.first, r.octets = next, next, next, 0
	r.doubt = nil
	return nil
}

// deliver gives the sink what was held back.
func (r *run) deliver(n int, a answer) {
	if r.failed != nil {
		return
	}
	if a.refused != nil {
		r.failed = r.sink.Done(n, 0, a.refused)
		return
	}
	w, err := r.sink.Message(n)
	if err == nil && w != nil && len(a.raw) > 0 {
		_, err = w.Write(a.raw)
	}
	if err == nil {
		err = r.sink.Done(n, int64(len(a.raw)), nil)
	}
	r.failed = err
}
