package fakeserver

import (
	"errors"
	"io"
	"slices"
	"time"
)

// sink takes a reply on its way to the client.
type sink interface {
	io.Writer
	// rest sends what has come so far, and waits; 0 only sends.
	rest(d time.Duration) error
	// push lets go of what is held back: the client has to answer before more comes.
	push() error
}

// filter is a sink that changes what it passes on.
type filter interface {
	sink
	// finish ends the reply. whole tells that it was not cut: then a filter may add
	// something, and otherwise only lets go of what it holds back.
	finish(whole bool) error
}

// through makes an edit of a filter. What is in memory is filtered at once, and
// from the first Body on while it is written, so that large mail streams.
func through(begin func(to sink) filter) Edit {
	return func(r Reply) Reply { return begun(r, begin).as(r.bearing()) }
}

func begun(r Reply, begin func(to sink) filter) Reply {
	eager := &gathered{}
	f := begin(eager)
	for i, c := range r {
		if c.Body != nil {
			rest := &passed{reply: slices.Clone(r), from: i, begin: begin}
			return append(eager.reply, Chunk{Body: rest})
		}
		if err := feed(c, f); err != nil {
			return eager.ended(stopped(err, f))
		}
	}
	return eager.ended(f.finish(true))
}

// feed sends a chunk through a filter. An End comes back as a *cutError.
func feed(c Chunk, f filter) error {
	if c.Pause > 0 {
		if err := f.rest(c.Pause); err != nil {
			return err
		}
	}
	if _, err := f.Write(c.Bytes); err != nil {
		return err
	}
	if c.Body != nil {
		if _, err := c.Body.WriteTo(f); err != nil {
			return err
		}
	}
	if c.End != Open {
		return &cutError{c.End}
	}
	return nil
}

// stopped lets go of what f holds when the reply ends early. What is left of err
// is for the next sink: nothing when only the rest of the reply is withheld.
func stopped(err error, f filter) error {
	cut, ok := errors.AsType[*cutError](err)
	if !ok {
		return err
	}
	if failed := f.finish(false); failed != nil {
		return failed
	}
	if cut.how == Open {
		return nil
	}
	return cut
}

// passed is the part of a reply that goes through a filter while it is written.
type passed struct {
	reply Reply
	from  int // the chunks before it have been filtered
	begin func(to sink) filter
}

func (p *passed) WriteTo(w io.Writer) (int64, error) {
	g := &gate{sink: asSink(w)}
	f := p.begin(g)
	for _, c := range p.reply[:p.from] {
		if err := feed(c, f); err != nil {
			return 0, err
		}
	}
	g.open = true
	for _, c := range p.reply[p.from:] {
		if err := feed(c, f); err != nil {
			return g.sent, stopped(err, f)
		}
	}
	return g.sent, f.finish(true)
}

// gate lets nothing through until it is open.
type gate struct {
	sink
	open bool
	sent int64
}

func (g *gate) Write(p []byte) (int, error) {
	if !g.open {
		return len(p), nil
	}
	n, err := g.sink.Write(p)
	g.sent += int64(n)
	return n, err
}

func (g *gate) rest(d time.Duration) error {
	if !g.open {
		return nil
	}
	return g.sink.rest(d)
}

func (g *gate) push() error {
	if !g.open {
		return nil
	}
	return g.sink.push()
}

// gathered is a sink that makes chunks of what it is sent.
type gathered struct{ reply Reply }

func (g *gathered) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(g.reply) == 0 {
		g.reply = Reply{{}}
	}
	last := &g.reply[len(g.reply)-1]
	last.Bytes = append(last.Bytes, p...)
	return len(p), nil
}

func (g *gathered) rest(d time.Duration) error {
	// The least pause there is sends what is before it.
	g.reply = append(g.reply, Chunk{Pause: max(d, 1)})
	return nil
}

func (g *gathered) push() error { return nil }

// ended closes the reply as a filter's error has it.
func (g *gathered) ended(err error) Reply {
	if cut, ok := errors.AsType[*cutError](err); ok {
		return append(g.reply, Chunk{End: cut.how})
	}
	return g.reply
}

// asSink makes a sink of a writer that knows nothing of time.
func asSink(w io.Writer) sink {
	if s, ok := w.(sink); ok {
		return s
	}
	return timeless{w}
}

type timeless struct{ io.Writer }

func (timeless) rest(time.Duration) error { return nil }
func (timeless) push() error              { return nil }

// cutError ends a reply in the middle of a body.
type cutError struct{ how End }

func (e *cutError) Error() string { return "reply cut: " + e.how.String() }

// bearing is what a reply counts as, whatever edits have made of its octets: it
// says whether the command takes effect.
type bearing int8

const (
	unsaid    bearing = iota // the first octets tell
	refusal                  // anything else
	challenge                // "+"
	success                  // "+OK"
	settled                  // like success, and no edit changes that
)

func (r Reply) bearing() bearing {
	switch {
	case len(r) > 0 && r[0].bearing != unsaid:
		return r[0].bearing
	case r.startsWith("+OK"):
		return success
	case r.startsWith("+"):
		return challenge
	}
	return refusal
}

// as says what r, which nobody else has, counts as. A reply that says -ERR now is
// a refusal.
func (r Reply) as(b bearing) Reply {
	if len(r) == 0 {
		r = Reply{{}}
	}
	if b != settled && r.startsWith("-ERR") {
		b = refusal
	}
	r[0].bearing = b
	return r
}

// replaced makes r, which nobody else has, the answer instead of another one.
func (r Reply) replaced(before Reply) Reply {
	if before.bearing() == settled {
		return r.as(settled)
	}
	return r
}
