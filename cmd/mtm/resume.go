package main

import (
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
)

// resume is --resume: whether a command goes on over another connection, and how
// long it looks for one.
type resume struct {
	given  bool
	giveUp delay
}

// takeResume lets a command that connects go on over another connection. Inside a shell the
// connection is the shell's.
func takeResume(e *env, c *cobra.Command) {
	if e.shell == nil {
		c.Flags().Var(&e.resume, "resume", "when the connection is lost, go on over another one, and look for that so long at most; 0 = never; without "+
			"the flag as the account has it")
	}
}

// String implements pflag.Value.
func (r *resume) String() string { return r.giveUp.String() }

// Type implements pflag.Value.
func (r *resume) Type() string { return "duration" }

// Set implements pflag.Value.
func (r *resume) Set(text string) error {
	r.given = true
	return r.giveUp.Set(text)
}

// apply puts the flag into the options of a client.
func (r *resume) apply(o *mtm.Options) {
	switch {
	case !r.given:
	case r.giveUp == 0:
		o.Mobility = &mtm.Mobility{GiveUp: -1}
	default:
		o.Mobility = &mtm.Mobility{GiveUp: time.Duration(r.giveUp)}
	}
}
