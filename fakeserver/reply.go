package fakeserver

import (
	"bytes"
	"io"
	"time"
)

// End says what becomes of the connection after a chunk.
type End int

const (
	// Open goes on.
	Open End = iota
	// Close closes the connection; what was written arrives.
	Close
	// HalfClose closes the sending side only and reads on until the client
	// closes. A connection that cannot do so is closed.
	HalfClose
	// Reset closes with a TCP reset; octets that are still in the system's
	// buffers are lost. A connection that is not TCP is closed.
	Reset
	// Stall keeps the connection and the maildrop, reads what comes, and says
	// nothing any more. It lasts until the client closes. QUIRK 91.
	Stall
	// Drop closes the connection below TLS, without the close_notify that Close
	// sends; without TLS it is Close. QUIRK 41.
	Drop
)

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

// Chunk is a piece of a reply: wait for Pause, write Bytes, let Body write,
// then do what End says. What precedes a pause is sent before it begins.
type Chunk struct {
	Bytes []byte
	// Body writes the large rest of the chunk, or is nil. An error from it
	// drops the connection.
	Body  io.WriterTo
	Pause time.Duration
	End   End

	// bearing of the reply, in its first chunk, once edits have changed it.
	bearing bearing
}

// Reply is what the server sends for one command. An empty reply is silence.
type Reply []Chunk

// Handler answers a command.
type Handler func(x *Exchange) Reply

// Exchange is one command, for handlers to look at. It is valid until the
// handler returns.
type Exchange struct {
	// Verb is the command in upper case, or CONNECT, TLS or RESPONSE (see Match).
	Verb string
	// Args is everything after the first space; for RESPONSE the mechanism.
	Args string
	// Line is the command without its line end. It may hold a password.
	Line    []byte
	Session *Session

	// pseudo tells that the verb is none of a command, but a pseudo-verb.
	pseudo bool
	// effect changes the session's state. It runs before the reply is written,
	// and only when that is still a success after all edits: a refused DELE
	// deletes nothing. A reply that it returns is edited and sent instead.
	effect func() Reply
	// edits that the reply went through.
	edits []Edit
	// challenges tells that the reply asks for a response, so that a challenge is
	// enough for the effect. QUIRK 19, 20: "+OK" and "+ go ahead" ask too.
	challenges bool
	// asked is the AUTH exchange that a RESPONSE is for.
	asked *authentication
	// afterUser tells that the command before was a USER that succeeded.
	afterUser bool
	// opened is the message that the reply sends, closed after it.
	opened io.Closer
	// after the command has taken effect these are done.
	after []Action
	// secret tells that the line is nothing that people may see.
	secret bool
	// telling has the words in braces in the status line filled in.
	telling bool
	// ruled tells that a rule is for the command.
	ruled bool
	// bad marks a command that counts against Options.MaxBadCommands.
	bad bool
	// told is the right answer of another protocol, when that is a success.
	told *Answer
}

// OK makes a positive one-line reply.
func OK(text string) Reply { return line("+OK ", text) }

// Err makes a negative one-line reply.
func Err(text string) Reply { return line("-ERR ", text) }

// RFC 1939 section 3: a response may be up to 512 characters long, the
// terminating CRLF included.
const maxReplyLine = 512

func line(status, text string) Reply {
	text = text[:min(len(text), maxReplyLine-len(status)-2)]
	b := make([]byte, 0, len(status)+len(text)+2)
	b = append(append(append(b, status...), text...), "\r\n"...)
	return Reply{{Bytes: b}}
}

// multiline makes a reply of a status line, a body and the closing dot.
func multiline(text string, body io.WriterTo) Reply {
	return Reply{OK(text)[0], {Body: body}, {Bytes: []byte(".\r\n")}}
}

// status is the status line without its line end, as far as it is in memory.
func (r Reply) status() string {
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

// startsWith tells whether the first octets of r are prefix, however r is cut
// into chunks. A body counts as something else.
func (r Reply) startsWith(prefix string) bool {
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
