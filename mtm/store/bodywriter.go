package store

import (
	"cmp"
	"errors"
	"hash/crc32"
)

// BodyWriter writes one body of a batch. It streams the octets into a segment file in bounded
// memory; they stay invisible until Batch.Commit. End it with Close or Discard. It is not safe for
// concurrent use.
type BodyWriter struct {
	b     *Batch
	g     *segment
	start int64 // offset of the notes before the body
	body  Body
	err   error
	done  bool
}

var errBodyKind = errors.New("a body must be a header, partial or whole")

// Body returns a writer for a body without an Origin: that of a local message. See BodyOf.
func (b *Batch) Body(kind BodyKind) *BodyWriter { return b.BodyOf(kind, Origin{}) }

// BodyOf returns a writer for a body that comes from o. A batch can have one open BodyWriter at a
// time. Writers of several batches do not wait for each other, since each has its own segment file.
// The writer's methods return the errors.
func (b *Batch) BodyOf(kind BodyKind, o Origin) *BodyWriter {
	return b.bodyOf(kind, o, b.s.options.Now().Unix())
}

func (b *Batch) bodyOf(kind BodyKind, o Origin, when int64) *BodyWriter {
	w := &BodyWriter{b: b, body: Body{Kind: kind}}
	switch {
	case b.done:
		w.err = ErrClosed
	case b.open != nil:
		w.err = errors.New("the batch's last body was neither closed nor discarded")
	case kind == BodyNone || kind > BodyWhole:
		w.err = errBodyKind
	}
	if w.err != nil {
		return w
	}
	w.g, w.err = b.s.writers.take(&b.segments)
	if w.err != nil {
		return w
	}
	w.body.Segment = w.g.id
	b.open = w
	if w.start, w.body.Offset, w.err = w.g.begin(o, when); w.err != nil {
		w.release()
	}
	return w
}

// Write implements io.Writer. After an error, such as ErrDiskFull, every later call returns the
// same error.
func (w *BodyWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err // the first error, also when it ended the body
	}
	if w.done {
		return 0, ErrClosed
	}
	if w.err = w.g.append(p); w.err != nil {
		return 0, w.err
	}
	w.body.CRC = crc32.Update(w.body.CRC, castagnoli(), p)
	w.body.Length += int64(len(p))
	return len(p), nil
}

// Close ends the body and returns its place, for Entry.Body. On an error the body is discarded.
func (w *BodyWriter) Close() (Body, error) { return w.CloseAs(w.body.Kind) }

// CloseAs ends the body as Close does, and sets its kind, for a body whose kind is known only at
// the end.
func (w *BodyWriter) CloseAs(kind BodyKind) (Body, error) {
	if w.done {
		return Body{}, cmp.Or(w.err, ErrClosed)
	}
	w.body.Kind = kind
	if w.err == nil && (kind == BodyNone || kind > BodyWhole) {
		w.err = errBodyKind
	}
	if w.err == nil {
		w.err = w.g.seal(w.body)
	}
	if w.err != nil {
		return Body{}, errors.Join(w.err, w.Discard())
	}
	w.b.bodies = append(w.b.bodies, placed{w.g, w.start, w.body})
	w.release()
	return w.body, nil
}

// Discard discards the body and cuts off its octets. After Close it does nothing.
func (w *BodyWriter) Discard() error {
	if w.done || w.g == nil {
		w.done = true
		return nil
	}
	err := w.g.cutBack(w.start)
	w.release()
	return err
}

// release returns the segment to the pool for the next body.
func (w *BodyWriter) release() {
	w.done = true
	if w.g != nil && w.b.open == w {
		w.b.open = nil
		w.b.s.writers.give(w.g)
	}
}
