package fakeserver

// Command is a command that a client has sent, as transcripts and matchers see it.
type Command struct {
	// Verb and Args are as rules see them, with secrets replaced by stars. Verb is RESPONSE
	// for a line in an AUTH exchange, and empty for a line that is not a command.
	Verb, Args string
	// User and State are those of the session when the command arrived.
	User  string
	State State
	// Message is the unique-id, in the maildrop, of the message that RETR, TOP or DELE names. It is
	// recorded only with Options.Tap, since looking it up takes time.
	Message string

	pseudo bool
	line   int
}

// Line returns the index of the command in the lines of its transcript.
func (c Command) Line() int { return c.line }

// String returns the command as it was sent, except for secrets and the case of the verb.
func (c Command) String() string {
	if c.Verb == "" || c.Args == "" {
		return c.Verb + c.Args
	}
	return c.Verb + " " + c.Args
}

func (c *Command) weight() int {
	return 64 + len(c.Verb) + len(c.Args) + len(c.User) + len(c.Message)
}
