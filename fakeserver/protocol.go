package fakeserver

import (
	"io"

	"pop3mtm/fakeserver/edit"
)

// Protocol is what a Server speaks: commands of one line each, and replies. POP3 is one, and New makes a server for it; any
// other is given to NewServer. Sessions, rules, edits, TLS, timers and transcripts are the same for all of them.
type Protocol interface {
	// Verbs returns the commands. After AUTH, lines that begin with none of them are masked in transcripts.
	Verbs() []Verb
	// Busy returns the line, line end included, for a client that finds as many sessions as Options.MaxSessions.
	Busy() string
	// Begin starts the talk with one client.
	Begin(s *Session) Talk
}

// Talk gives the right answers of one session. Its methods are called from that session's goroutine.
type Talk interface {
	// Heard is called with each exchange before a rule or Answer answers it.
	Heard(x *Exchange)
	// Answer answers a command, or an event: CONNECT is the greeting, RESPONSE a line of the client inside an AUTH exchange,
	// "." the end of a body; an empty Verb is a line that was too long.
	Answer(x *Exchange) Answer
	// Sent is called with the reply as it will be sent, after all edits.
	Sent(x *Exchange, reply edit.Reply) Outcome
	// Body takes the next octets of a body. It returns how many of them belong to it, and whether they end it.
	Body(p []byte) (n int, ended bool)
	// Enough returns the last reply to a client that has sent Options.MaxBadCommands in a row.
	Enough() edit.Reply
	// User returns who a command is about, for rules.
	User(x *Exchange) string
	// Value returns what a field of Telling says that the protocol knows, "" for any other.
	Value(x *Exchange, field string) string
	// End lets go of everything, before the client can notice that the connection ends. It may be called again.
	End()
}

// Answer is the right answer to a command, and what comes of it when the reply is a success still after all edits.
type Answer struct {
	Reply edit.Reply
	// Took makes the command take effect, before the reply is sent. A reply that it returns is edited and sent instead.
	Took func() edit.Reply
	// Lost is called in place of Took when edits have made a success something else.
	Lost func()
	// Next is what follows a success. With NextResponse a challenge is enough for it, and for Took. QUIRK 19, 20: "+OK" and
	// "+ go ahead" ask for a response too.
	Next Next
	// User has logged in, unless it is empty.
	User string
	// Bad counts the command against Options.MaxBadCommands.
	Bad bool
	// Opened is closed when the reply has been sent, unless it is nil.
	Opened io.Closer
}

// Next says what a session does after a reply.
type Next int

// What a session may do next.
const (
	NextCommand  Next = iota // read a command
	NextResponse             // read a response of the AUTH exchange
	NextBody                 // read a body, whose end Talk.Body finds
	NextTLS                  // begin with TLS
	NextEnd                  // close
)

// Outcome is what a reply means for the session.
type Outcome struct {
	// BadLogin counts against Options.MaxBadLogins.
	BadLogin bool
	// End closes the connection after the reply.
	End bool
}
