package fakeserver

import (
	"bytes"
	"strconv"
	"strings"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/notation"
)

// Handler answers a command.
type Handler func(x *Exchange) edit.Reply

// Action does something when a command comes. Its error is returned by Server.Close.
type Action func(x *Exchange) error

// Exchange is one command as handlers see it. It is valid until the handler returns.
type Exchange struct {
	// Verb is the command in upper case, or CONNECT, TLS or RESPONSE (see Match).
	Verb string
	// Args is everything after the first space; for RESPONSE the mechanism.
	Args string
	// Line is the command without its line end. It may hold a password.
	Line    []byte
	Session *Session

	tally   *verbStats  // of the verb; nil: of others
	slow    bool        // the answer may have taken time
	pseudo  bool        // Verb is a pseudo-verb
	secret  bool        // the line must not be shown
	rule    *Rule       // that answers; nil: none
	ruled   bool        // a rule matches the command
	telling bool        // fields in braces in the status line are filled in
	answer  Answer      // the correct one, once Auto was called
	edits   []edit.Edit // applied to the reply
	after   []Action    // run when the command has taken effect
}

// Pseudo reports whether Verb is a pseudo-verb: CONNECT, TLS, RESPONSE or TIMEOUT.
func (x *Exchange) Pseudo() bool { return x.pseudo }

// Auto is the handler of a correct server.
var Auto Handler = auto

func auto(x *Exchange) edit.Reply {
	if x.pseudo {
		switch x.Verb {
		case tlsVerb:
			return x.Session.handshake(x.Session.server.o.TLS)
		case timeoutVerb:
			return edit.Reply{{End: edit.Close}}
		}
	}
	x.answer = x.Session.talk.Answer(x)
	return x.answer.Reply
}

// With returns a handler that applies edits in order to the reply of h.
func (h Handler) With(edits ...edit.Edit) Handler {
	return func(x *Exchange) edit.Reply {
		r := h(x)
		for _, change := range edits {
			r = change(r)
		}
		x.edits = append(x.edits, edits...)
		return r
	}
}

// Before returns a handler that runs actions and then answers like h, so that the answer shows
// their effect.
func (h Handler) Before(actions ...Action) Handler {
	return func(x *Exchange) edit.Reply {
		x.act(actions)
		return h(x)
	}
}

// After returns a handler that answers like h, and runs actions when the command has taken effect,
// just before its reply is sent.
func (h Handler) After(actions ...Action) Handler {
	return func(x *Exchange) edit.Reply {
		x.after = append(x.after, actions...)
		return h(x)
	}
}

// Telling returns a handler that answers like h and replaces Fields in braces in the status line
// with their values after the command: "Found {messages} messages for {user}". The argument of a
// command with a secret is empty. Other words in braces stay.
func (h Handler) Telling() Handler {
	return func(x *Exchange) edit.Reply {
		x.telling = true
		return h(x)
	}
}

func (x *Exchange) act(actions []Action) {
	s := x.Session
	for _, do := range actions {
		if err := do(x); err != nil {
			s.server.o.Log.Error("action failed", "session", s.number, "verb", x.Verb, "error", err)
			s.server.ledger.fail(s.number, x.Verb, err)
		}
	}
}

// settle makes the correct answer take effect if its edited form is still a success. It returns the
// reply to send.
func (x *Exchange) settle(edited edit.Reply) edit.Reply {
	a := &x.answer
	if a.Took == nil && a.Lost == nil && a.Next == NextCommand && a.User == "" || a.Reply.Bearing() < edit.Challenge {
		return edited
	}
	if !x.counts(edited) {
		if a.Lost != nil {
			a.Lost()
		}
		return edited
	}
	if a.Took != nil {
		if instead := a.Took(); instead != nil {
			for _, change := range x.edits {
				instead = change(instead)
			}
			if edited = instead; !x.counts(edited) {
				return edited
			}
		}
	}
	x.Session.follow(x)
	return edited
}

// counts reports whether a reply lets the command take effect.
func (x *Exchange) counts(r edit.Reply) bool {
	b := r.Bearing()
	return b >= edit.Success || x.answer.Next == NextResponse && b == edit.Challenge
}

// parse splits a command. RFC 1939 section 3: keywords are case-insensitive, arguments follow after
// one space.
func (x *Exchange) parse(l []byte) {
	x.Line = l
	x.Verb, x.Args, _ = strings.Cut(string(l), " ")
	x.Verb = strings.ToUpper(x.Verb)
}

// command returns x for rules, with its secrets.
func (x *Exchange) command() Command {
	return Command{Verb: x.Verb, Args: x.Args, User: x.Session.talk.User(x), State: x.Session.state, pseudo: x.pseudo}
}

// shown returns x for people. line is the line in the transcript.
func (x *Exchange) shown(line []byte) Command {
	c := x.command()
	switch k := x.kind(line); {
	case k == garbled:
		c.Verb, c.Args = "", string(line)
	case k == fromClient && !bytes.Equal(line, x.Line):
		c.Verb, c.Args, _ = strings.Cut(string(line), " ")
		c.Verb = strings.ToUpper(c.Verb)
	}
	return c
}

// kind returns what a line of the client is. line is the line in the transcript.
func (x *Exchange) kind(line []byte) kind {
	switch {
	case x.pseudo:
		return responded
	case x.Line == nil:
		return garbled
	case bytes.Equal(line, x.Line):
		return fromClient
	}
	if verb, _, _ := bytes.Cut(line, []byte(" ")); len(bytes.Trim(verb, "*")) == 0 {
		return garbled
	}
	return fromClient
}

// visible returns the line with secrets masked, for people; nil for a line that was too long.
func (x *Exchange) visible() []byte {
	switch {
	case x.Line == nil:
		return []byte("[a line that is too long]")
	// An empty response and "*" hold no secret, and help in finding errors.
	case x.secret && len(x.Line) > 0 && string(x.Line) != "*":
		return []byte(notation.Masked)
	}
	return x.Session.server.secrets.Mask(x.Line)
}

// value returns the value of a field of Telling.
func (x *Exchange) value(field string) string {
	switch field {
	case "user":
		return x.Session.name
	case "verb":
		return x.Verb
	case "argument":
		if v := x.Session.server.verbs[x.Verb]; x.secret || v != nil && v.Secret != NoSecret {
			return ""
		}
		return x.Args
	case "session":
		return strconv.Itoa(x.Session.number)
	}
	return x.Session.talk.Value(x, field)
}

// Fields returns the fields that Telling replaces, written in braces: {user} is the user who logs
// in or has logged in, {verb} and {argument} are those of the command, {messages} and {octets} are
// the numbers of STAT, {size} is the size of the message that the first argument names, {session}
// is the number of the session.
func Fields() []string {
	return []string{"user", "verb", "argument", "messages", "octets", "size", "session"}
}

// fill replaces the fields in the status line of r by their values.
func fill(r edit.Reply, value func(field string) string) edit.Reply {
	if !strings.Contains(r.Status(), "{") {
		return r
	}
	var pairs []string
	for _, name := range Fields() {
		pairs = append(pairs, "{"+name+"}", value(name))
	}
	put := strings.NewReplacer(pairs...)
	return edit.StatusLine(func(l string) string {
		l = put.Replace(l)
		return l[:min(len(l), edit.MaxStatusLine-2)]
	})(r)
}

// messageField is a field for Talk.Value that Telling does not know: the unique-id of the message
// that a command is about.
const messageField = "message"
