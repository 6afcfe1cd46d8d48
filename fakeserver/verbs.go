package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/edit"
)

// verb is one row of the table of commands.
type verb struct {
	name string
	// states in which it is allowed
	states State
	// args tells whether it may have arguments
	args bool
	run  Handler
}

// verbs is the table of commands. A new one is a file and a row here.
func verbs() []verb {
	return []verb{
		{"APOP", Authorization, true, apop},
		{"AUTH", Authorization, true, auth},
		{"CAPA", Authorization | Transaction, false, capa},
		{"DELE", Transaction, true, dele},
		{"LANG", Authorization | Transaction, true, lang},
		{"LIST", Transaction, true, list},
		{"NOOP", Transaction, false, noop},
		{"PASS", Authorization, true, pass},
		{"QUIT", Authorization | Transaction, false, quit},
		{"RETR", Transaction, true, retr},
		{"RSET", Transaction, false, rset},
		{"STAT", Transaction, false, stat},
		{"STLS", Authorization, false, stls},
		{"TOP", Transaction, true, top},
		{"UIDL", Transaction, true, uidl},
		{"USER", Authorization, true, user},
		{"UTF8", Authorization, false, utf8Mode},
	}
}

// The pseudo-verbs: what a server does, or a client sends, that is no command.
// Only a rule with that name is for them.
const (
	// the greeting
	connectVerb = "CONNECT"
	// the server's side of a TLS handshake
	tlsVerb = "TLS"
	// a line of the client inside an AUTH exchange; its argument is the mechanism
	responseVerb = "RESPONSE"
	// the end of the inactivity timer; the connection is closed after the reply
	timeoutVerb = "TIMEOUT"
)

// pseudo is the right answer of a pseudo-verb, nil when verb is none.
func pseudo(verb string) Handler {
	switch {
	case strings.EqualFold(verb, connectVerb):
		return greet
	case strings.EqualFold(verb, tlsVerb):
		return ownHandshake
	case strings.EqualFold(verb, responseVerb):
		return respond
	case strings.EqualFold(verb, timeoutVerb):
		return func(*Exchange) edit.Reply { return edit.Reply{{End: edit.Close}} }
	}
	return nil
}

// Auto is what a correct server does.
var Auto Handler = auto

func auto(x *Exchange) edit.Reply {
	if d := x.Session.dialect; d != nil && (!x.pseudo || x.Verb == connectVerb || x.Verb == responseVerb) {
		return d.answer(x)
	}
	return x.Session.translated(right(x))
}

func right(x *Exchange) edit.Reply {
	if x.pseudo {
		return pseudo(x.Verb)(x)
	}
	v, known := x.Session.server.verbs[x.Verb]
	if known && x.Session.user.Without != nil {
		known = !x.Session.lacks(v.name)
	}
	switch {
	case x.Line == nil && x.Verb == "":
		return x.refuse("command line too long")
	// Some servers have other words for an empty line, or close.
	case strings.TrimSpace(string(x.Line)) == "":
		return x.refuse("unknown command: the line is empty")
	// RFC 1939 section 3: -ERR to a command that is unknown, or not known in
	// this state.
	case !known:
		return x.refuse("unknown command")
	case v.states&x.Session.state == 0:
		return x.refuse("not in the " + x.Session.state.String() + " state")
	case !v.args && strings.TrimSpace(x.Args) != "":
		return x.refuse("this command takes no argument")
	}
	return v.run(x)
}

// refuse answers a command that makes no sense here.
func (x *Exchange) refuse(text string) edit.Reply {
	x.bad = true
	return edit.Err(text)
}
