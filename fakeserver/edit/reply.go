package edit

import (
	"bytes"
	"io"
	"time"
)

// End says what happens to the connection after a chunk.
type End int

const (
	// Open keeps the connection, and the next command is answered. Silence that lasts is Stall.
	Open End = iota
	// Close closes the connection; octets already written arrive.
	Close
	// HalfClose closes only the sending side and reads until the client closes. A
	// connection that cannot do so is closed.
	HalfClose
	// Reset closes with a TCP reset; octets still in the system's buffers are lost. A
	// connection other than TCP is closed.
	Reset
	// Stall keeps the connection and the maildrop lock, reads all input and sends
	// nothing, until the client closes. QUIRK 91.
	Stall
	// Drop closes the connection below TLS, without the close_notify that Close sends.
	// Without TLS it is the same as Close. QUIRK 41.
	Drop
)

// String returns the name of e in words.
func (e End) String() string {
	switch e {
	case Open:
		return "open"
	case Close:
		return "close"
	case HalfClose:
		return "half-close"
	case Reset:
		return "reset"
	case Stall:
		return "stall"
	case Drop:
		return "drop"
	}
	return "unknown end"
}

// Chunk is a piece of a reply: wait for Pause, write Bytes, write Body, then do what End says.
// Octets before a pause are sent before it begins.
type Chunk struct {
	Bytes []byte
	// Body writes the large rest of the chunk, or is nil. If it fails the
	// connection is dropped.
	Body  io.WriterTo
	Pause time.Duration
	End   End

	// bearing, in the first chunk, is that of the reply once edits have set it.
	bearing Bearing
}

// Reply is the output of a server for one command. An empty reply sends nothing.
type Reply []Chunk

// OK returns a positive one-line reply.
func OK(text string) Reply { return line("+OK ", text) }

// Err returns a negative one-line reply.
func Err(text string) Reply { return line("-ERR ", text) }

// MaxStatusLine is the longest status line, CRLF included (RFC 1939 section 3).
const MaxStatusLine = 512

func line(status, text string) Reply {
	text = text[:min(len(text), MaxStatusLine-len(status)-2)]
	b := make([]byte, 0, len(status)+len(text)+2)
	b = append(append(append(b, status...), text...), "\r\n"...)
	return Reply{{Bytes: b}}
}

// Multiline returns a reply of a status line, a body and the closing dot.
func Multiline(text string, body io.WriterTo) Reply {
	return Reply{OK(text)[0], {Body: body}, {Bytes: []byte(".\r\n")}}
}

// Status returns the part of the status line that is in memory, without its line end.
func (r Reply) Status() string {
	var text []byte
	for _, c := range r {
		before, _, ended := bytes.Cut(c.Bytes, []byte("\n"))
		text = append(text, before...)
		if ended || c.Body != nil || c.End != Open {
			break
		}
	}
	return string(bytes.TrimSuffix(text, []byte("\r")))
}

// StartsWith reports whether the first octets of r are prefix, however r is split into chunks. The
// octets of a Body never match.
func (r Reply) StartsWith(prefix string) bool {
	if len(r) > 0 && len(r[0].Bytes) >= len(prefix) {
		return string(r[0].Bytes[:len(prefix)]) == prefix
	}
	for _, c := range r {
		n := min(len(prefix), len(c.Bytes))
		if string(c.Bytes[:n]) != prefix[:n] {
			return false
		}
		prefix = prefix[n:]
		if prefix == "" {
			return true
		}
		if c.Body != nil || c.End != Open {
			return false
		}
	}
	return false
}
