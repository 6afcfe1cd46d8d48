package fakeserver

import (
	"slices"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// Command is what a client has sent, for those who judge it afterwards.
type Command struct {
	// Verb and Args as rules see them, secrets replaced by stars. Verb is RESPONSE
	// for a line in an AUTH exchange, and empty for what is no command at all.
	Verb, Args string
	// User and State are those of the session when the command came.
	User  string
	State State

	pseudo bool
}

// String is the command as it was sent, but for secrets and the case of the verb.
func (c Command) String() string {
	if c.Verb == "" || c.Args == "" {
		return c.Verb + c.Args
	}
	return c.Verb + " " + c.Args
}

// Matches tells whether m is for a command of a session. Nth, From and When are not
// looked at, since one command does not tell them.
func (m Match) Matches(session int, c Command) bool {
	return m.covers(session, &c, pseudo(m.Verb) != nil)
}

// covers is Matches for a rule, which knows whether its verb is a pseudo-verb.
func (m *Match) covers(session int, c *Command, pseudo bool) bool {
	return c.pseudo == pseudo &&
		(m.Verb == "" || strings.EqualFold(m.Verb, c.Verb)) &&
		(m.Args == "" || m.Args == c.Args || edit.Glob(m.Args, c.Args)) &&
		(!m.Alone || strings.TrimSpace(c.Args) == "") &&
		(m.Session == 0 || m.Session == session) &&
		(m.State == 0 || m.State&c.State != 0) &&
		(m.User == "" || m.User == c.User)
}

// command is x for rules: its secrets are there.
func (x *Exchange) command() Command {
	return Command{x.Verb, x.Args, x.user(), x.Session.state, x.pseudo}
}

// shown is x for people. line is what the transcript shows of it.
func (x *Exchange) shown(line []byte) Command {
	c := x.command()
	if !x.pseudo && !slices.Equal(line, x.Line) {
		c.Verb, c.Args, _ = strings.Cut(string(line), " ")
		c.Verb = strings.ToUpper(c.Verb)
		if x.Line == nil || strings.Trim(c.Verb, "*") == "" {
			c.Verb, c.Args = "", string(line)
		}
	}
	return c
}

// keep keeps a command while there is room.
func (r *recorder) keep(c Command) {
	if r.commandOctets += commandWeight(c); r.commandOctets <= r.limit {
		r.commands = append(r.commands, c)
	}
}

func commandWeight(c Command) int { return 64 + len(c.Verb) + len(c.Args) + len(c.User) }

// Transcript is the transcript of one session, empty when it is not kept any more
// or there was none.
func (s *Server) Transcript(session int) Transcript {
	for _, t := range s.Transcripts() {
		if t.Session == session {
			return t
		}
	}
	return Transcript{}
}

// received is how many of the commands that are kept match.
func (s *Server) received(m Match) int {
	count := 0
	for _, t := range s.Transcripts() {
		for _, c := range t.Commands {
			if m.Matches(t.Session, c) {
				count++
			}
		}
	}
	return count
}
