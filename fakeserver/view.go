package fakeserver

import (
	"bytes"
	"errors"
	"io"

	"pop3mtm/fakeserver/maildrop"
)

// View changes the list of messages that a session sees; DELE deletes the message in the maildrop
// behind the one seen. It is called at login, must not modify the list that it gets, and should not
// need memory for each message. The result may depend on the named state and the session number.
type View func(who Viewer, list maildrop.List) maildrop.List

// Viewer is the session that a View is for.
type Viewer struct {
	Session int    // its number, from 1
	User    string // who has logged in

	state func(user string) string // Server.NamedState
}

// In reports whether the named state, of the server or of the user, is state.
func (v Viewer) In(state string) bool { return v.state("") == state || v.state(v.User) == state }

// seen is a list whose messages are computed on demand.
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

// disguised is a message with a changed unique-id or size.
type disguised struct {
	maildrop.Message
	uid  string
	size int64
}

func (m disguised) UID() string { return m.uid }
func (m disguised) Size() int64 { return m.size }

// behind returns the message in the maildrop that m represents.
func behind(m maildrop.Message) maildrop.Message {
	for {
		d, ok := m.(disguised)
		if !ok {
			return m
		}
		m = d.Message
	}
}

// Oldest returns a view of the first n messages. QUIRK 62.
func Oldest(n int) View {
	return func(_ Viewer, l maildrop.List) maildrop.List { return seen{min(max(n, 0), l.Len()), l.At} }
}

// Newest returns a view of the last n messages.
func Newest(n int) View {
	return func(_ Viewer, l maildrop.List) maildrop.List {
		count := min(max(n, 0), l.Len())
		return seen{count, func(i int) maildrop.Message { return l.At(l.Len() - count + i) }}
	}
}

// Reversed returns a view with the last message first. QUIRK 57.
func Reversed() View {
	return func(_ Viewer, l maildrop.List) maildrop.List {
		return seen{l.Len(), func(i int) maildrop.Message { return l.At(l.Len() - 1 - i) }}
	}
}

// Sized returns a view with changed sizes, in all replies: by RoundedTo, CountedInLF,
// CountedWithoutHeader, or any function of the message. QUIRK 42.
func Sized(size func(m maildrop.Message) int64) View {
	return func(_ Viewer, l maildrop.List) maildrop.List {
		return seen{l.Len(), func(i int) maildrop.Message {
			m := l.At(i)
			return disguised{m, m.UID(), size(m)}
		}}
	}
}

// RoundedTo returns a function that rounds sizes up to a multiple of octets.
func RoundedTo(octets int64) func(maildrop.Message) int64 {
	octets = max(octets, 1)
	return func(m maildrop.Message) int64 { return (m.Size() + octets - 1) / octets * octets }
}

// CountedInLF returns the size of a message stored with LF line ends. It reads the whole message;
// for one that cannot be read it returns the correct size.
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

// CountedWithoutHeader returns the size of the body, after the empty line. For a message that
// cannot be read it returns the correct size.
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

// octetCounter counts the octets written to it.
type octetCounter int64

func (c *octetCounter) Write(p []byte) (int, error) {
	*c += octetCounter(len(p))
	return len(p), nil
}

// crCounter counts the CRLFs written to it.
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

// Named returns a view with other unique-ids: of any octets, repeated, or different in each
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

// Leaving describes a message at the end of a session.
type Leaving struct {
	Message maildrop.Message
	Marked  bool // by DELE
	Read    bool // by RETR, since login
	Quit    bool // the client sent QUIT; otherwise the connection was lost
}

// DeleteMarked deletes a message after DELE and QUIT, as in RFC 1939 section 6.
func DeleteMarked(l Leaving) bool { return l.Marked && l.Quit }

// DeleteRead deletes messages after RETR and QUIT too, like Gmail and servers that list EXPIRE 0.
// QUIRK 64.
func DeleteRead(l Leaving) bool { return l.Quit && (l.Marked || l.Read) }

// DeleteReadAtOnce deletes a message that was read, whether QUIT follows or not. QUIRK 65.
func DeleteReadAtOnce(l Leaving) bool { return l.Read || DeleteMarked(l) }

// DeleteNothing keeps all messages, although DELE was answered +OK. QUIRK 66.
func DeleteNothing(Leaving) bool { return false }

// DeleteAllOnDrop deletes all mail when the connection is lost. QUIRK 96.
func DeleteAllOnDrop(l Leaving) bool { return !l.Quit || l.Marked }
