package fakeserver

import (
	"io"
	"time"
)

// Edit changes the right answer into a faulty one. Edits must not change the
// chunks they are given, only return others.
type Edit func(Reply) Reply

// CutAfter lets the first octets of a reply through, counted across chunks and
// bodies, and then ends the connection as how says. With Open the rest is
// withheld and the client waits. A shorter reply is left whole.
func CutAfter(octets int64, how End) Edit {
	return func(r Reply) Reply {
		left := max(octets, 0)
		var out Reply
		for i, c := range r {
			if int64(len(c.Bytes)) >= left {
				return append(out, Chunk{Bytes: c.Bytes[:left], Pause: c.Pause, End: how})
			}
			if c.Body != nil {
				return append(out, cutStream(r[i:], left, how)...)
			}
			left -= int64(len(c.Bytes))
			out = append(out, c)
		}
		return out
	}
}

// cutStream cuts chunks whose length is known only once they are written.
func cutStream(r Reply, left int64, how End) Reply {
	out := make(Reply, 0, len(r))
	rest := &left
	for _, c := range r {
		out = append(out, Chunk{
			Body:  &cutBody{chunk: c, left: rest, how: how},
			Pause: c.Pause,
			End:   c.End,
		})
	}
	return out
}

// cutBody writes a chunk until the count that it shares with the other chunks
// of the reply is used up, and then returns a *cutError.
type cutBody struct {
	chunk Chunk
	left  *int64
	how   End
}

func (b *cutBody) WriteTo(w io.Writer) (int64, error) {
	l := &cutWriter{w: w, body: b}
	if _, err := l.Write(b.chunk.Bytes); err != nil {
		return l.sent, err
	}
	if b.chunk.Body == nil {
		return l.sent, nil
	}
	_, err := b.chunk.Body.WriteTo(l)
	return l.sent, err
}

type cutWriter struct {
	w    io.Writer
	body *cutBody
	sent int64
}

func (l *cutWriter) Write(p []byte) (int, error) {
	n := int(min(int64(len(p)), *l.body.left))
	n, err := l.w.Write(p[:n])
	l.sent += int64(n)
	*l.body.left -= int64(n)
	if err == nil && *l.body.left == 0 {
		err = &cutError{l.body.how}
	}
	return n, err
}

// cutError ends a reply in the middle of a body.
type cutError struct{ how End }

func (e *cutError) Error() string { return "reply cut: " + e.how.String() }

// Pause waits before the first octet of the reply.
func Pause(before time.Duration) Edit {
	return func(r Reply) Reply {
		return append(Reply{{Pause: before}}, r...)
	}
}

// Refuse replaces the reply by "-ERR text". What the command would have done
// does not happen.
func Refuse(text string) Edit {
	return func(Reply) Reply { return Err(text) }
}

// Raw replaces the reply by these octets, to which nothing is added. The
// command takes effect when they begin with "+OK".
func Raw(bytes string) Edit {
	return func(Reply) Reply { return Reply{{Bytes: []byte(bytes)}} }
}
