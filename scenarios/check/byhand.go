package check

import (
	"fmt"
	"slices"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/scenarios"
)

// Reproduce returns the command line that serves the case alone.
func (c *Case) Reproduce() string {
	if c.file != "" {
		return "pop3sim serve --scenario '" + c.file + "'"
	}
	return "pop3sim serve --case '" + c.ID + "'"
}

// Reproduce returns the command line that serves the case as the client has met it.
func (o *Outcome) Reproduce() string {
	if o.several && o.Case.file == "" && o.Case.inFirstSession() {
		return o.Case.Reproduce() + " --connections"
	}
	return o.Case.Reproduce()
}

// inFirstSession reports whether a rule is for the first connection alone.
func (c *Case) inFirstSession() bool {
	return slices.ContainsFunc(c.scenario.Rules, func(r scenarios.Rule) bool { return r.Session == 1 })
}

// ByHand returns the scenario for a client that is tried by hand, and sets what options alone can
// say. several is for a client that makes several connections in each visit.
func (c *Case) ByHand(o *fakeserver.Options, several bool) *scenarios.Scenario {
	if c.deletes != nil {
		o.Deletes = c.deletes
	}
	s := *c.scenario
	if several {
		s.Rules = onceEach(s.Rules)
	}
	return &s
}

// Withhold withholds the reply at which the check kills the client, so that a person can do that.
func (c *Case) Withhold(play *scenarios.Play) {
	if c.kill == nil {
		return
	}
	m := fakeserver.Match{Verb: c.kill.verb, Nth: max(c.kill.nth, 1)}
	play.On(m, fakeserver.Auto.With(edit.TakeEffect(), edit.CutAfter(0, edit.Stall))).Once()
}

// About describes the case in a few sentences for a person who tries it.
func (c *Case) About() string {
	text := fmt.Sprintf("the case %s: %s. %s", c.ID, c.Title, c.Requirement)
	if c.kill != nil {
		text += fmt.Sprintf(" The reply to %s %d is withheld: kill the client then, and look at what it has stored.", c.kill.verb, max(c.kill.nth, 1))
	}
	if len(c.scenario.Users) == 0 && c.password() != scenarios.DefaultPassword {
		text += fmt.Sprintf(" The check logs in with the password %q.", c.password())
	}
	return text
}
