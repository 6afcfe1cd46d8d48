package fakeserver

import (
	"io"

	"pop3mtm/fakeserver/edit"
)

// Handler answers a command.
type Handler func(x *Exchange) edit.Reply

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
	effect func() edit.Reply
	// edits that the reply went through.
	edits []edit.Edit
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

// With returns a handler that makes h's reply and applies edits to it in order.
func (h Handler) With(edits ...edit.Edit) Handler {
	return func(x *Exchange) edit.Reply {
		r := h(x)
		for _, edit := range edits {
			r = edit(r)
		}
		x.edits = append(x.edits, edits...)
		return r
	}
}
