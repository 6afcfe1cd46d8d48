package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/grafana/sobek"

	"pop3mtm/mtm/pop3"
)

// Retrieved is the result of retrieve and top.
type Retrieved struct {
	Messages int64  `js:"messages"` // that came whole
	Octets   int64  `js:"octets"`   // of these
	Refused  int64  `js:"refused"`  // answered by -ERR
	Wrong    int64  `js:"wrong"`    // other octets than those of the synthetic mailbox
	First    string `js:"first"`    // about the first wrong one, "" without
}

// Deleted is the result of delete.
type Deleted struct {
	Deleted int64 `js:"deleted"`
	Refused int64 `js:"refused"`
}

// Retrieve fetches messages with RETR, pipelined when the server can: retrieve(which, {verify}).
func (s *Session) Retrieve(c sobek.FunctionCall) sobek.Value {
	return s.method("retrieve", c, func(ctx context.Context, c call) (any, error) {
		if err := c.most(2); err != nil {
			return nil, err
		}
		var box *Mailbox
		err := takeOptions(c.rt, c.at(1), map[string]taker{"verify": func(v sobek.Value) error {
			var ok bool
			if box, ok = v.Export().(*Mailbox); !ok {
				return errors.New("verify must be a mailbox of synthetic()")
			}
			return nil
		}})
		if err != nil {
			return nil, err
		}
		which, err := s.choice(ctx, c, c.at(0))
		if err == nil && box != nil {
			err = s.identify(ctx, box)
		}
		if err != nil {
			return nil, err
		}
		got := s.receive(ctx, "RETR")
		if box != nil {
			got.compare = &comparer{box: box, ids: s.ids}
		}
		return got.all(which, func(some []int) error { return s.line.RetrAll(ctx, some, sized{got}) })
	})
}

// Top fetches the header and the first lines of messages: top(which, lines).
func (s *Session) Top(c sobek.FunctionCall) sobek.Value {
	return s.method("top", c, func(ctx context.Context, c call) (any, error) {
		if err := c.most(2); err != nil {
			return nil, err
		}
		lines, err := wholeOf(c.at(1), "the number of lines", 0, 1_000_000)
		if err != nil {
			return nil, err
		}
		which, err := s.choice(ctx, c, c.at(0))
		if err != nil {
			return nil, err
		}
		got := s.receive(ctx, "TOP")
		return got.all(which, func(some []int) error { return s.line.TopAll(ctx, some, int(lines), got) })
	})
}

// Delete marks messages as deleted: delete(which). The server deletes them at quit.
func (s *Session) Delete(c sobek.FunctionCall) sobek.Value {
	return s.method("delete", c, func(ctx context.Context, c call) (any, error) {
		if err := c.most(1); err != nil {
			return nil, err
		}
		if sobek.IsUndefined(c.at(0)) {
			return nil, errors.New(`name the messages: "all", "new", a number, a list of numbers or {from, to}`)
		}
		which, err := s.choice(ctx, c, c.at(0))
		if err != nil {
			return nil, err
		}
		got := s.receive(ctx, "DELE")
		_, err = got.all(which, func(some []int) error {
			return s.line.DeleAll(ctx, some, func(_ int, refused error) error {
				got.ended(refused)
				return nil
			})
		})
		return Deleted{Deleted: got.found.Messages, Refused: got.found.Refused}, err
	})
}

// receiver takes the messages of a run, and counts them.
type receiver struct {
	s       *Session
	verb    string
	failing func(error) error // counts what ends the run
	last    time.Time         // the end of the reply before
	found   Retrieved
	compare *comparer // nil without verify
}

func (s *Session) receive(ctx context.Context, verb string) *receiver {
	return &receiver{s: s, verb: verb, failing: func(err error) error { return s.failed(ctx, verb, err) }}
}

// all runs the pieces of a choice.
func (r *receiver) all(which numbers, run func([]int) error) (any, error) {
	defer r.compare.close()
	r.last = time.Now()
	err := which.each(run)
	if err != nil {
		return nil, r.failing(err)
	}
	return r.found, nil
}

// ended records the end of one reply. A refused message does not end the run.
func (r *receiver) ended(refused error) {
	now := time.Now()
	r.s.meter.took(r.verb, now.Sub(r.last))
	r.last = now
	if refused == nil {
		r.found.Messages++
		return
	}
	r.found.Refused++
	_ = r.failing(refused) // counted by its kind
}

// Message implements pop3.Sink.
func (r *receiver) Message(n int) (io.Writer, error) {
	if r.compare == nil {
		return io.Discard, nil // nil would not count octets
	}
	r.compare.begin(n)
	return r.compare, nil
}

// Done implements pop3.Sink.
func (r *receiver) Done(n int, octets int64, refused error) error {
	r.ended(refused)
	if refused != nil {
		return nil
	}
	r.found.Octets += octets
	r.s.meter.message(octets)
	if r.compare == nil {
		return nil
	}
	if wrong := r.compare.end(octets); wrong != nil {
		r.found.Wrong++
		r.s.meter.failed(r.verb, kindWrong)
		if r.found.First == "" {
			r.found.First = fmt.Sprintf("message %d: %v", n, wrong)
		}
	}
	return nil
}

// sized is a receiver that knows the sizes in LIST, which prove whole messages; of TOP they do not.
type sized struct{ *receiver }

// Size implements pop3.Sizer.
func (r sized) Size(n int) int64 {
	if n > len(r.s.sizes) {
		return 0
	}
	return r.s.sizes[n-1]
}

var _ pop3.Sizer = sized{}
