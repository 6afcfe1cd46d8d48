package main

import (
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
)

// resume is the value of --resume: whether a command continues over another connection, and for how
// long it tries to make one.
type resume struct {
	given  bool
	giveUp delay
}

// takeResume adds --resume to a command that connects. Inside a shell the
// connection is the shell's.
func takeResume(e *env, c *cobra.Command) {
	if e.shell == nil {
		c.Flags().Var(&e.resume, "resume", "when the connection is lost, try for this long to make another one, and continue; 0 = never; "+
			"default: the account's bearer-mobility")
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

// apply sets the flag in the options of a client.
func (r *resume) apply(o *mtm.Options) {
	switch {
	case !r.given:
	case r.giveUp == 0:
		o.Mobility = &mtm.Mobility{GiveUp: -1}
	default:
		o.Mobility = &mtm.Mobility{GiveUp: time.Duration(r.giveUp)}
	}
}
