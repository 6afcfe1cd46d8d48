package edit

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

// ending is a filter for the last octets of a multi-line reply: a line end, the dot, a line end.
// Other replies pass unchanged.
type ending struct {
	Sink
	// edit returns the replacement for the line end, the dot and the line end.
	edit func(line, dot string) string
	held []byte // at most tailOctets
	body bool   // the status line has passed
}

const tailOctets = len("\r\n.\r\n")

func (f *ending) Write(p []byte) (int, error) {
	all := append(f.held, p...)
	now := max(len(all)-tailOctets, 0)
	f.held = bytes.Clone(all[now:])
	f.body = f.body || slices.Contains(all[:now], '\n')
	_, err := f.Sink.Write(all[:now])
	return len(p), err
}

func (f *ending) Push() error {
	if err := f.finish(false); err != nil {
		return err
	}
	return f.Sink.Push()
}

func (f *ending) finish(whole bool) error {
	tail := string(f.held)
	f.held = nil
	if whole {
		tail = f.edited(tail)
	}
	return send(f.Sink, tail)
}

func (f *ending) edited(tail string) string {
	for _, line := range []string{"\r\n", "\n"} {
		for _, end := range []string{"\r\n", "\n"} {
			before, ok := cutSuffix(tail, line+"."+end)
			if !ok {
				continue
			}
			if !f.body && !slices.Contains([]byte(before), '\n') {
				// the body is empty: the line end belongs to the status line
				return before + line + f.edit("", "."+end)
			}
			return before + f.edit(line, "."+end)
		}
	}
	return tail
}

func cutSuffix(s, suffix string) (string, bool) {
	if len(s) < len(suffix) || s[len(s)-len(suffix):] != suffix {
		return s, false
	}
	return s[:len(s)-len(suffix)], true
}

func atEnding(edit func(line, dot string) string) Edit {
	return through(func(to Sink) filter { return &ending{Sink: to, edit: edit} })
}

// NoTerminator omits the closing dot, so that the client waits for more.
func NoTerminator() Edit { return atEnding(func(line, _ string) string { return line }) }

// DoubleTerminator sends the closing dot twice.
func DoubleTerminator() Edit {
	return atEnding(func(line, dot string) string { return line + dot + dot })
}

// LFTerminator ends the closing dot with LF alone. QUIRK 76.
func LFTerminator() Edit { return atEnding(func(line, _ string) string { return line + ".\n" }) }

// NoFinalCRLF omits the line end before the closing dot. An empty body is not changed. QUIRK 72.
func NoFinalCRLF() Edit { return atEnding(func(_, dot string) string { return dot }) }

// BeforeDot sends octets between the last line and the closing dot. QUIRK 73.
func BeforeDot(octets string) Edit {
	return atEnding(func(line, dot string) string { return line + octets + dot })
}

// Append sends octets after the reply, and after its closing dot if it has one. QUIRK 37, 86.
func Append(octets string) Edit {
	return through(func(to Sink) filter { return &appender{to, octets} })
}

type appender struct {
	Sink
	octets string
}

func (f *appender) finish(whole bool) error {
	if !whole {
		return nil
	}
	return send(f.Sink, f.octets)
}

// Prepend sends octets before the reply.
func Prepend(octets string) Edit { return Insert(0, octets) }

// Shorten ends the body of a multi-line reply after this number of octets, followed by the closing
// dot. QUIRK 67.
func Shorten(octets int64) Edit {
	return through(func(to Sink) filter { return &shortener{Sink: to, left: max(octets, 0)} })
}

type shortener struct {
	Sink
	left  int64
	body  bool
	after byte // the last octet of the body
	cut   bool
	held  []byte // the tail, which may be the ending of a short reply
}

func (f *shortener) Write(p []byte) (int, error) {
	status := 0
	if !f.body {
		status = bytes.IndexByte(p, '\n') + 1
		if f.body = status > 0; !f.body {
			status = len(p)
		}
		f.after = '\n'
	}
	if _, err := f.Sink.Write(p[:status]); err != nil {
		return 0, err
	}
	f.held = append(f.held, p[status:]...)
	n := int(min(int64(max(len(f.held)-len(".\r\n"), 0)), f.left))
	if n > 0 {
		f.after = f.held[n-1]
	}
	if _, err := f.Sink.Write(f.held[:n]); err != nil {
		return 0, err
	}
	f.left -= int64(n)
	f.held = bytes.Clone(f.held[n:])
	if len(f.held) > len(".\r\n") {
		f.cut = true
		return 0, &CutError{Open} // the reply is complete
	}
	return len(p), nil
}

func (f *shortener) Push() error {
	if err := f.finish(true); err != nil {
		return err
	}
	return f.Sink.Push()
}

func (f *shortener) finish(bool) error {
	tail := f.held
	f.held = nil
	if f.cut {
		f.cut = false
		if tail = []byte(".\r\n"); f.after != '\n' {
			tail = []byte("\r\n.\r\n")
		}
	}
	_, err := f.Sink.Write(tail)
	return err
}

// Endless repeats text after the status line without end. After 64 MiB it stops, and the client
// waits. QUIRK 16.
func Endless(text string) Edit {
	return func(r Reply) Reply {
		var out Reply
		for _, c := range r {
			i := bytes.IndexByte(c.Bytes, '\n') + 1
			if i > 0 {
				c.Bytes = c.Bytes[:i]
			}
			if i > 0 || c.Body != nil {
				c.Body, c.End = endless(text), Open
				return append(out, c).As(r.Bearing())
			}
			out = append(out, c)
		}
		return append(out, Chunk{Body: endless(text)}).As(r.Bearing())
	}
}

// endless is a body without an end.
type endless string

const maxEndless = 64 << 20

func (text endless) WriteTo(w io.Writer) (int64, error) {
	if text == "" {
		return 0, nil
	}
	piece := []byte(strings.Repeat(string(text), max(32<<10/len(text), 1)))
	var sent int64
	for sent < maxEndless {
		n, err := w.Write(piece)
		sent += int64(n)
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}
