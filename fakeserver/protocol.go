package fakeserver

import (
	"io"

	"pop3mtm/fakeserver/edit"
)

// Protocol is a protocol of one-line commands and replies. New returns a server for POP3, NewServer
// for any other protocol. Sessions, rules, edits, TLS, timers and transcripts are the same for all.
type Protocol interface {
	// Verbs returns the commands. After AUTH, lines with any other verb are masked in transcripts.
	Verbs() []Verb
	// Busy returns the line, with its line end, for a client beyond Options.MaxSessions.
	Busy() string
	// Begin returns the Talk for one client.
	Begin(s *Session) Talk
}

// Talk returns the correct answers of one session. Its methods are called from the session's
// goroutine.
type Talk interface {
	// Heard is called with each exchange before it is answered by a rule or Answer.
	Heard(x *Exchange)
	// Answer answers a command or an event: CONNECT is the greeting, RESPONSE a line of the
	// client inside an AUTH exchange, "." the end of a body. An empty Verb means a line that
	// was too long.
	Answer(x *Exchange) Answer
	// Sent is called with the reply to be sent, after all edits.
	Sent(x *Exchange, reply edit.Reply) Outcome
	// Body takes the next octets of a body. It returns how many belong to the body, and whether
	// the body is complete.
	Body(p []byte) (n int, ended bool)
	// Enough returns the last reply to a client that has sent Options.MaxBadCommands.
	Enough() edit.Reply
	// User returns the user of a command, for rules.
	User(x *Exchange) string
	// Value returns the value of a field of Telling, "" for a field unknown to the protocol.
	Value(x *Exchange, field string) string
	// End releases all resources, before the client can see the end of the connection. It may
	// be called again.
	End()
}

// Answer holds the correct answer to a command, and its effect if the reply is still a success
// after all edits.
type Answer struct {
	Reply edit.Reply
	// Took makes the command take effect, before the reply is sent. A reply that it returns is
	// edited and sent instead.
	Took func() edit.Reply
	// Lost is called instead of Took when edits have turned a success into something else.
	Lost func()
	// Next is the session's next step after a success. With NextResponse a challenge counts as
	// a success. QUIRK 19, 20: "+OK" and "+ go ahead" ask for a response too.
	Next Next
	// User is the name of the user who has logged in, or empty.
	User string
	// Bad counts the command against Options.MaxBadCommands.
	Bad bool
	// Opened, if not nil, is closed when the reply has been sent.
	Opened io.Closer
}

// Next is the step of a session after a reply.
type Next int

// The values of Next.
const (
	NextCommand  Next = iota // read a command
	NextResponse             // read a response of the AUTH exchange
	NextBody                 // read a body; Talk.Body finds its end
	NextTLS                  // start TLS
	NextEnd                  // close
)

// Outcome holds the consequences of a reply for the session.
type Outcome struct {
	// BadLogin counts the reply against Options.MaxBadLogins.
	BadLogin bool
	// End closes the connection after the reply.
	End bool
}
