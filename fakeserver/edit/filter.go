package edit

import (
	"errors"
	"io"
	"slices"
	"time"
)

// Sink receives a reply on its way to the client.
type Sink interface {
	io.Writer
	// Rest sends the octets so far, and waits for d; with 0 it only sends.
	Rest(d time.Duration) error
	// Push sends the octets held back, since the client must answer before more follow.
	Push() error
}

// filter is a Sink that changes the octets and passes them on.
type filter interface {
	Sink
	// finish ends the reply. whole reports that it was not cut: only then a filter may
	// add octets; otherwise it just sends those it holds back.
	finish(whole bool) error
}

// through returns an edit that applies a filter. Octets in memory are filtered at once; from the
// first Body on the rest is filtered while it is written, so that large mail streams.
func through(begin func(to Sink) filter) Edit {
	return func(r Reply) Reply { return begun(r, begin).As(r.Bearing()) }
}

func begun(r Reply, begin func(to Sink) filter) Reply {
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

// feed sends a chunk through a filter. It returns an End as a *CutError.
func feed(c Chunk, f filter) error {
	if c.Pause > 0 {
		if err := f.Rest(c.Pause); err != nil {
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
		return &CutError{c.End}
	}
	return nil
}

// stopped flushes f when the reply ends early. It returns the error for the next Sink: nil when
// only the rest of the reply is withheld.
func stopped(err error, f filter) error {
	cut, ok := errors.AsType[*CutError](err)
	if !ok {
		return err
	}
	if failed := f.finish(false); failed != nil {
		return failed
	}
	if cut.How == Open {
		return nil
	}
	return cut
}

// passed is the part of a reply that is filtered while it is written.
type passed struct {
	reply Reply
	from  int // the first chunk that is not filtered yet
	begin func(to Sink) filter
}

func (p *passed) WriteTo(w io.Writer) (int64, error) {
	g := &gate{Sink: SinkOf(w)}
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

// gate discards all output until it is open.
type gate struct {
	Sink
	open bool
	sent int64
}

func (g *gate) Write(p []byte) (int, error) {
	if !g.open {
		return len(p), nil
	}
	n, err := g.Sink.Write(p)
	g.sent += int64(n)
	return n, err
}

func (g *gate) Rest(d time.Duration) error {
	if !g.open {
		return nil
	}
	return g.Sink.Rest(d)
}

func (g *gate) Push() error {
	if !g.open {
		return nil
	}
	return g.Sink.Push()
}

// gathered is a Sink that collects its input as chunks.
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

func (g *gathered) Rest(d time.Duration) error {
	// Even the shortest pause sends the octets before it.
	g.reply = append(g.reply, Chunk{Pause: max(d, 1)})
	return nil
}

func (g *gathered) Push() error { return nil }

// ended ends the reply as the error of a filter says.
func (g *gathered) ended(err error) Reply {
	if cut, ok := errors.AsType[*CutError](err); ok {
		return append(g.reply, Chunk{End: cut.How})
	}
	return g.reply
}

// SinkOf returns w as a Sink. A plain writer ignores pauses.
func SinkOf(w io.Writer) Sink {
	if s, ok := w.(Sink); ok {
		return s
	}
	return timeless{w}
}

type timeless struct{ io.Writer }

func (timeless) Rest(time.Duration) error { return nil }
func (timeless) Push() error              { return nil }

// CutError ends a reply in the middle of a body.
type CutError struct{ How End }

// Error returns how the reply was cut.
func (e *CutError) Error() string { return "reply cut: " + e.How.String() }
