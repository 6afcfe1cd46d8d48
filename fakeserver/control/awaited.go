package control

import (
	"fmt"
	"net/http"
	"strings"

	"pop3mtm/fakeserver"
)

// condition returns the condition that a request waits for.
func (t *tenant) condition(in Wait) (fakeserver.Condition, error) {
	if given := in.For.given(); given != 1 {
		return fakeserver.Condition{}, problem(http.StatusUnprocessableEntity, "for needs exactly one of command, session, ended, kept, gone, count and state, not %d", given)
	}
	if in.Times != 0 && in.For.Command == "" {
		return fakeserver.Condition{}, problem(http.StatusUnprocessableEntity, "times needs command")
	}
	if in.For.Command != "" {
		return t.received(in.For.Command, max(in.Times, 1))
	}
	c := fakeserver.Condition{User: t.name, Maildrop: t.drop}
	t.mu.Lock()
	ruled := t.ruled()
	t.mu.Unlock()
	switch a := in.For; {
	case a.Session != 0:
		c.What = fmt.Sprintf("the end of session %d", a.Session)
		c.Met = func(s *fakeserver.Server) bool { return s.UserSessionEnded(t.name, a.Session) }
	case a.Ended != 0:
		c.What = fmt.Sprintf("the end of %d sessions", a.Ended)
		c.Met = func(s *fakeserver.Server) bool { return s.UserSessions(t.name)-s.OpenSessions(t.name) >= a.Ended }
	case a.Kept != "":
		c.What = "the end of a session after which " + a.Kept + " is kept"
		c.Met = func(s *fakeserver.Server) bool {
			return s.UserSessions(t.name) > s.OpenSessions(t.name) && t.has(a.Kept)
		}
	case a.Gone != "":
		c.What = "the end of the message " + a.Gone
		c.Met = func(*fakeserver.Server) bool { return !t.has(a.Gone) }
	case a.State != "":
		c.What = "the state " + a.State
		c.Met = func(s *fakeserver.Server) bool { return s.NamedState(ruled) == a.State }
	default:
		c.What = fmt.Sprintf("a mailbox with %d messages", *a.Count)
		c.Met = func(*fakeserver.Server) bool { n, _ := t.drop.Count(); return n == *a.Count }
	}
	return c, nil
}

func (a *Awaited) given() (n int) {
	for _, is := range []bool{a.Command != "", a.Session != 0, a.Ended != 0, a.Kept != "", a.Gone != "", a.Count != nil, a.State != ""} {
		if is {
			n++
		}
	}
	return n
}

// received returns a condition that is met when a command has been received this number of times.
func (t *tenant) received(command string, times int) (fakeserver.Condition, error) {
	verb, args, _ := strings.Cut(command, " ")
	m := fakeserver.Match{Verb: verb, Args: args, User: t.name}
	if err := m.Check(); err != nil {
		return fakeserver.Condition{}, problem(http.StatusUnprocessableEntity, "%v", err)
	}
	c := fakeserver.Received(m)
	m.Nth = times
	if times > 1 {
		c = fakeserver.Received(m)
	}
	c.What = "the command " + clip(command)
	return c, nil
}

// has reports whether the mailbox has a message.
func (t *tenant) has(uid string) bool {
	_, _, err := message(t.drop, uid)
	return err == nil
}
