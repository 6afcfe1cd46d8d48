package fakeserver

import (
	"bytes"
	"errors"
	"io"

	"pop3mtm/fakeserver/maildrop"
)

// View changes what a session sees of its maildrop; DELE deletes the message that
// is behind what is seen. It is asked at login, must not change the list that it is
// given, and should need no memory for each message. The named state and the
// number of the session may decide.
type View func(who Viewer, list maildrop.List) maildrop.List

// Viewer is the session that a View is for.
type Viewer struct {
	Session int    // its number, from 1
	User    string // who has logged in

	state func(user string) string // Server.NamedState
}

// In reports whether the named state, of the server or of the user, is state.
func (v Viewer) In(state string) bool { return v.state("") == state || v.state(v.User) == state }

// seen is a list of messages that are made when they are asked for.
type seen struct {
	count int
	at    func(i int) maildrop.Message
}

func (l seen) Len() int                  { return l.count }
func (l seen) At(i int) maildrop.Message { return l.at(i) }

func (l seen) Octets() int64 {
	var sum int64
	for i := range l.count {
		sum += l.at(i).Size()
	}
	return sum
}

// disguised is a message with another unique-id or size.
type disguised struct {
	maildrop.Message
	uid  string
	size int64
}

func (m disguised) UID() string { return m.uid }
func (m disguised) Size() int64 { return m.size }

// behind returns the message in the maildrop that m shows.
func behind(m maildrop.Message) maildrop.Message {
	for {
		d, ok := m.(disguised)
		if !ok {
			return m
		}
		m = d.Message
	}
}

// Oldest shows the first n messages only, Newest the last n. QUIRK 62.
func Oldest(n int) View {
	return func(_ Viewer, l maildrop.List) maildrop.List { return seen{min(max(n, 0), l.Len()), l.At} }
}

// Newest shows the last n messages only.
func Newest(n int) View {
	return func(_ Viewer, l maildrop.List) maildrop.List {
		count := min(max(n, 0), l.Len())
		return seen{count, func(i int) maildrop.Message { return l.At(l.Len() - count + i) }}
	}
}

// Reversed shows the last message first. QUIRK 57.
func Reversed() View {
	return func(_ Viewer, l maildrop.List) maildrop.List {
		return seen{l.Len(), func(i int) maildrop.Message { return l.At(l.Len() - 1 - i) }}
	}
}

// Sized announces other sizes than the right ones, wherever a size stands: RoundedTo,
// CountedInLF, CountedWithoutHeader, or any function of the message. QUIRK 42.
func Sized(size func(m maildrop.Message) int64) View {
	return func(_ Viewer, l maildrop.List) maildrop.List {
		return seen{l.Len(), func(i int) maildrop.Message {
			m := l.At(i)
			return disguised{m, m.UID(), size(m)}
		}}
	}
}

// RoundedTo rounds sizes up to a multiple of octets.
func RoundedTo(octets int64) func(maildrop.Message) int64 {
	octets = max(octets, 1)
	return func(m maildrop.Message) int64 { return (m.Size() + octets - 1) / octets * octets }
}

// CountedInLF returns the size of a message that is stored with LF line ends. It reads
// all of it; one that cannot be read has its right size.
func CountedInLF(m maildrop.Message) int64 {
	r, err := m.Open()
	if err != nil {
		return m.Size()
	}
	defer func() { _ = r.Close() }() // it was only read
	var crs crCounter
	if _, err := io.Copy(&crs, r); err != nil {
		return m.Size()
	}
	return m.Size() - crs.count
}

// CountedWithoutHeader returns the size of what follows the empty line behind the header. A
// message that cannot be read has its right size.
func CountedWithoutHeader(m maildrop.Message) int64 {
	r, err := m.Open()
	if err != nil {
		return m.Size()
	}
	defer func() { _ = r.Close() }() // it was only read
	var header octetCounter
	if _, err := io.Copy(&topWriter{w: &header}, r); err != nil && !errors.Is(err, errTopDone) {
		return m.Size()
	}
	return m.Size() - int64(header)
}

// octetCounter counts what is written to it.
type octetCounter int64

func (c *octetCounter) Write(p []byte) (int, error) {
	*c += octetCounter(len(p))
	return len(p), nil
}

// crCounter counts the line ends of what is written to it that have a CR.
type crCounter struct {
	count   int64
	afterCR bool
}

func (c *crCounter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.afterCR && p[0] == '\n' {
		c.count++
	}
	c.count += int64(bytes.Count(p, []byte("\r\n")))
	c.afterCR = p[len(p)-1] == '\r'
	return len(p), nil
}

// Named shows other unique-ids: of any octets, the same one twice, others in each
// session. n counts the messages from 1. QUIRK 50, 51, 52, 53.
func Named(name func(who Viewer, n int, uid string) string) View {
	return func(who Viewer, l maildrop.List) maildrop.List {
		return seen{l.Len(), func(i int) maildrop.Message {
			m := l.At(i)
			return disguised{m, name(who, i+1, m.UID()), m.Size()}
		}}
	}
}

// InState returns a view that holds while the named state is state.
func InState(state string, v View) View {
	return func(who Viewer, l maildrop.List) maildrop.List {
		if !who.In(state) {
			return l
		}
		return v(who, l)
	}
}

// Leaving is a message when a session with it ends.
type Leaving struct {
	Message maildrop.Message
	Marked  bool // by DELE
	Read    bool // by RETR, since login
	Quit    bool // the client has said QUIT; otherwise the line dropped
}

// DeleteMarked returns what RFC 1939 section 6 has: a message goes by DELE and QUIT.
func DeleteMarked(l Leaving) bool { return l.Marked && l.Quit }

// DeleteRead lets messages go by RETR and QUIT too, as Gmail does and a server that
// lists EXPIRE 0. QUIRK 64.
func DeleteRead(l Leaving) bool { return l.Quit && (l.Marked || l.Read) }

// DeleteReadAtOnce lets a message go that was read, whether QUIT follows or not.
// QUIRK 65.
func DeleteReadAtOnce(l Leaving) bool { return l.Read || DeleteMarked(l) }

// DeleteNothing says +OK to DELE and keeps the message. QUIRK 66.
func DeleteNothing(Leaving) bool { return false }

// DeleteAllOnDrop loses all mail when the line drops. QUIRK 96.
func DeleteAllOnDrop(l Leaving) bool { return !l.Quit || l.Marked }
