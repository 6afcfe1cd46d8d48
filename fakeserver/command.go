package fakeserver

// Command is what a client has sent, for those who judge it afterwards.
type Command struct {
	// Verb and Args as rules see them, secrets replaced by stars. Verb is RESPONSE
	// for a line in an AUTH exchange, and empty for a line that is not a command.
	Verb, Args string
	// User and State are those of the session when the command came.
	User  string
	State State

	pseudo bool
}

// String returns the command as it was sent, but for secrets and the case of the verb.
func (c Command) String() string {
	if c.Verb == "" || c.Args == "" {
		return c.Verb + c.Args
	}
	return c.Verb + " " + c.Args
}

func commandWeight(c Command) int { return 64 + len(c.Verb) + len(c.Args) + len(c.User) }
