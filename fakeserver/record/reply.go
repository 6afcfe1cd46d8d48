package record

import (
	"bytes"
	"io"
	"time"

	"pop3mtm/fakeserver/notation"
)

// WriteReply writes the recorded reply to a turn, octet for octet.
func (r *Recording) WriteReply(t *Turn, w io.Writer) (int64, error) {
	sent := int64(0)
	err := r.each(t, func(l notation.Line) error {
		if l.Kind == notation.Remark {
			return nil
		}
		n, err := w.Write(l.Octets)
		sent += int64(n)
		return err
	})
	return sent, err
}

// Status returns the first line of a reply with its line end, cut to the longest line allowed. It
// is empty without a reply.
func (r *Recording) Status(t *Turn) ([]byte, error) {
	w := limited{most: 4 << 10}
	_, err := r.WriteReply(t, &w)
	if err == errEnough {
		err = nil
	}
	line, _, _ := bytes.Cut(w.octets, []byte("\n"))
	return w.octets[:min(len(line)+1, len(w.octets))], err
}

// Replied reports whether a turn has a reply.
func (t *Turn) Replied() bool { return t.reply != nil }

// limited collects a first line.
type limited struct {
	octets []byte
	most   int
}

func (l *limited) Write(p []byte) (int, error) {
	l.octets = append(l.octets, p[:min(len(p), l.most-len(l.octets))]...)
	if len(l.octets) == l.most || bytes.IndexByte(p, '\n') >= 0 {
		return len(p), errEnough
	}
	return len(p), nil
}

// each calls take with the lines of a reply and the remarks between them.
func (r *Recording) each(t *Turn, take func(notation.Line) error) error {
	for _, part := range t.reply {
		in := notation.NewReader(io.NewSectionReader(r.from, part.offset, part.size))
		for {
			l, err := in.Next()
			if err == io.EOF {
				break
			}
			if err == nil {
				err = take(l)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// burst is a part of a reply that was sent at the same time.
type burst struct {
	after time.Duration // since the command or the burst before
	size  int64         // in octets of the transcript
	from  int64
}

// bursts returns the parts of a reply and the times between them.
func (r *Recording) bursts(t *Turn) ([]burst, error) {
	var all []burst
	last := t.At
	for _, part := range t.reply {
		all = append(all, burst{after: max(0, part.at-last), from: part.offset, size: part.size})
		last = max(last, part.at)
		in := notation.NewReader(io.NewSectionReader(r.from, part.offset, part.size))
		for {
			l, err := in.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			if at, ok := l.At(); ok {
				open := &all[len(all)-1]
				start := part.offset + l.Offset + l.Size
				open.size = start - l.Size - open.from
				all = append(all, burst{after: max(0, at-last), from: start, size: part.offset + part.size - start})
				last = max(last, at)
			}
		}
	}
	return all, nil
}

// Multiline reports whether a positive reply to a turn has several lines.
func (t *Turn) Multiline() bool { return !t.Response && turnOf(t.Command).multi }

// WriteBody writes the lines between the status line and the closing dot of a multi-line reply,
// without stuffed dots. whole is false when the closing dot is missing.
func (r *Recording) WriteBody(t *Turn, w io.Writer) (whole bool, err error) {
	status, begins := true, true // at the start of a line
	err = r.each(t, func(l notation.Line) error {
		if l.Kind == notation.Remark || whole {
			return nil
		}
		octets, first := l.Octets, begins
		begins = bytes.HasSuffix(octets, []byte("\n"))
		switch {
		case status:
			status = !begins
			return nil
		case first && (string(octets) == ".\r\n" || string(octets) == ".\n"):
			whole = true
			return nil
		case first:
			octets = bytes.TrimPrefix(octets, []byte("."))
		}
		_, failed := w.Write(octets)
		return failed
	})
	return whole, err
}
