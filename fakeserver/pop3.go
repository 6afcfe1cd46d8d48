package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/edit"
)

// New returns a POP3 server that does not listen yet. drop is the maildrop of all users without one
// of their own; nil means an empty one.
func New(drop *Maildrop, o *Options) *Server {
	if drop == nil {
		drop = NewMaildrop()
	}
	all := o.orDefault()
	return newServer(newPOP3(&all), drop, all, newDirectory(&all))
}

// pop3 implements POP3 as a Protocol: RFC 1939 and its extensions.
type pop3 struct {
	commands map[string]command
	logins   logins
}

// newPOP3 returns the protocol with the verbs that the options enable.
func newPOP3(o *Options) *pop3 {
	p := &pop3{commands: map[string]command{}}
	for _, c := range commands() {
		able := c.answer != nil && (c.needs == nil || c.needs(o))
		if able && !contains(o.Without, c.Name) {
			p.commands[c.Name] = c
		}
	}
	return p
}

// Verbs implements Protocol. It includes the verbs that this server lacks, since their arguments
// are secret too.
func (*pop3) Verbs() []Verb { return Verbs() }

// Busy implements Protocol. RFC 3206 section 4: the condition is temporary.
func (*pop3) Busy() string { return "-ERR [SYS/TEMP] too many sessions, try again later\r\n" }

// Begin implements Protocol.
func (p *pop3) Begin(s *Session) Talk {
	return &popSession{popTalk: popTalk{session: s, logins: &p.logins}, commands: p.commands}
}

// popSession is a popTalk with the table of verbs.
type popSession struct {
	popTalk
	commands map[string]command
}

// Answer implements Talk.
func (t *popSession) Answer(x *Exchange) Answer {
	a := t.right(x)
	a.Reply = translated(t.texts, a.Reply)
	return a
}

func (t *popSession) right(x *Exchange) Answer {
	if x.pseudo {
		if x.Verb == connectVerb {
			return connect(&t.popTalk)
		}
		return respond(&t.popTalk, x)
	}
	if t.reply {
		return t.receiving.answer(&t.popTalk)
	}
	c, known := t.commands[x.Verb]
	if known && t.user.Without != nil {
		known = !t.lacks(c.Name)
	}
	switch {
	case x.Line == nil && x.Verb == "":
		return refuse("command line too long")
	// Some servers have another text for an empty line, or close.
	case strings.TrimSpace(string(x.Line)) == "":
		return refuse("unknown command: the line is empty")
	// RFC 1939 section 3: -ERR to a command that is unknown, or not known in this state.
	case !known:
		return refuse("unknown command")
	case c.States&t.session.state == 0:
		return refuse("not in the " + t.session.state.String() + " state")
	case !c.Args && strings.TrimSpace(x.Args) != "":
		return refuse("this command takes no argument")
	}
	return c.answer(&t.popTalk, x)
}

// Sent implements Talk. A greeting that refuses the client ends the session; the timestamp for APOP
// is what was sent.
func (t *popSession) Sent(x *Exchange, reply edit.Reply) Outcome {
	if x.pseudo && x.Verb == connectVerb {
		t.timestamp = timestamp(reply)
		return Outcome{End: reply.StartsWith("-ERR")}
	}
	login := x.pseudo && x.Verb == responseVerb || t.commands[x.Verb].Secret != NoSecret
	return Outcome{BadLogin: login && t.session.state == Authorization && reply.StartsWith("-ERR")}
}
