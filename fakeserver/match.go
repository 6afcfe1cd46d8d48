package fakeserver

import (
	"fmt"
	"slices"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// Match selects the commands of a rule. A zero field matches everything.
type Match struct {
	// Verb in any case. Four pseudo-verbs match events, and a catch-all does not: CONNECT is the
	// greeting, TLS the server's side of a handshake, RESPONSE a line of the client inside an AUTH
	// exchange, TIMEOUT the end of the inactivity timer, whose right answer is to close without a
	// word. In a protocol with bodies, "." is the end of one.
	Verb string
	// Args is the text after the verb and a space. A * in it stands for any text; a
	// single * requires some text, so LIST * does not match LIST. For RESPONSE it is
	// the name of the mechanism.
	Args string
	// Alone matches only the verb without arguments: LIST, but not LIST 1. Blanks do not count
	// as arguments.
	Alone bool
	// User is the name of the user who logs in or has logged in. During an AUTH exchange
	// it is not yet known.
	User string
	// Session counts the connections to the server from 1.
	Session int
	// State is the state of the session, or several states joined by |.
	State State
	// When is the named state set by Rule.Goto; InitialState is the first one. Named
	// states outlive sessions, so that a client that reconnects sees a server that has
	// changed. Rules with a User share the state of that user, other rules the state of
	// the server, so that suites which share a server do not disturb each other.
	When string
	// Nth selects one of the commands that match all of the above, counted from 1.
	Nth int
	// From selects the commands that match all of the above from this one on, counted from 1.
	From int
}

func (m Match) String() string {
	text := strings.ToUpper(m.Verb)
	if text == "" {
		text = "any command"
	}
	if m.Args != "" {
		text += " " + m.Args
	}
	if m.Alone {
		text += " without arguments"
	}
	if m.User != "" {
		text += " of user " + m.User
	}
	if m.Session != 0 {
		text += fmt.Sprintf(" in session %d", m.Session)
	}
	if m.State != 0 {
		text += " in the " + m.State.String() + " state"
	}
	if m.When != "" {
		text += " when " + m.When
	}
	if m.Nth != 0 {
		text += fmt.Sprintf(", number %d", m.Nth)
	}
	if m.From != 0 {
		text += fmt.Sprintf(", from number %d on", m.From)
	}
	return text
}

// InitialState is the named state at the start.
const InitialState = "start"

// Matches reports whether m matches a command of a session. It ignores Nth, From and When, which
// depend on other commands.
func (m Match) Matches(session int, c Command) bool {
	return m.covers(session, &c, isPseudo(m.Verb))
}

// covers is like Matches, for a rule that knows whether its verb is a pseudo-verb.
func (m *Match) covers(session int, c *Command, pseudo bool) bool {
	return c.pseudo == pseudo &&
		(m.Verb == "" || strings.EqualFold(m.Verb, c.Verb)) &&
		(m.Args == "" || m.Args == c.Args || edit.Glob(m.Args, c.Args)) &&
		(!m.Alone || strings.TrimSpace(c.Args) == "") &&
		(m.Session == 0 || m.Session == session) &&
		(m.State == 0 || m.State&c.State != 0) &&
		(m.User == "" || m.User == c.User)
}

// The pseudo-verbs stand for events that are not commands. Only rules that name them match these
// events.
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

// PseudoVerbs returns the values of Match.Verb that stand for events, not commands.
func PseudoVerbs() []string { return []string{connectVerb, tlsVerb, responseVerb, timeoutVerb} }

func isPseudo(verb string) bool { return contains(PseudoVerbs(), verb) }

// contains reports whether names has name, in any case.
func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
