package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

// ErrProbe is in the error of Open when a client does not work with a server without any fault, so
// that it cannot be judged.
var ErrProbe = errors.New("the client cannot be checked")

// clean returns the case without any fault.
func clean() *Case {
	s := &scenarios.Scenario{Title: "A server without any fault", Mailbox: cleanMail()}
	return &Case{ID: cleanID, Title: s.Title, Severity: Must, Visits: 2, scenario: s}
}

// cleanMail returns mail that no client gets wrong: its lines have no dots and no blanks at their
// ends, and empty lines do not follow each other.
func cleanMail() []scenarios.Mail {
	var all []scenarios.Mail
	for i, name := range []string{"first", "second", "third"} {
		all = append(all, scenarios.Mail{Raw: scenarios.Octets(short(name)), UIDL: fmt.Sprintf("clean-%d", i+1)})
	}
	return all
}

// probe lets the client fetch mail twice from a server without any fault, and returns what that
// shows. The error says in one sentence why the client cannot be checked.
func (r *Runner) probe(ctx context.Context, told, mode TLS) (_ *Learned, err error) {
	c := clean()
	l := &Learned{Told: told, Mode: mode, Abilities: slices.Clone(r.Drive.Abilities()), Deviations: r.Deviations}
	t, err := r.trial(c, l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	first := t.visit(ctx)
	if err = abandoned(ctx, first); err != nil {
		return nil, err
	}
	firstStored, err := t.client.Stored()
	if err != nil {
		return nil, err
	}
	// A client that always begins with TLS uses TLS from the start.
	if mode == PlainLine && t.startedTLS() {
		return r.probe(ctx, told, UseImplicit)
	}
	t.e.stored = firstStored
	if why := t.unfit(first); why != "" {
		if mode == PlainLine && t.askedTLS() {
			return r.probe(ctx, told, UseSTLS)
		}
		return nil, fmt.Errorf("%w: %s", ErrProbe, why)
	}
	l.see(t, firstStored)
	sessions, deleted := len(t.e.sessions), len(t.e.left) < len(t.e.uids)
	if err = abandoned(ctx, t.visit(ctx)); err != nil {
		return nil, err
	}
	secondStored, err := t.client.Stored()
	if err != nil {
		return nil, err
	}
	l.compare(t, sessions, deleted, len(firstStored), len(secondStored))
	return l, nil
}

// abandoned returns why the probe ends after a visit whatever the visit shows, or nil.
func abandoned(ctx context.Context, end process.Ending) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(end.Err, ErrStopped) {
		return end.Err
	}
	return nil
}

// startedTLS reports whether the client sent the beginning of a TLS handshake as its first command.
func (t *trial) startedTLS() bool {
	for i := range t.e.sessions {
		if c := t.e.sessions[i].Commands; len(c) > 0 && strings.HasPrefix(c[0].String(), "\x16\x03") {
			return true
		}
	}
	return false
}

// askedTLS reports whether the client connected and did not log in, perhaps because it misses TLS.
func (t *trial) askedTLS() bool { return len(t.e.sessions) > 0 && !t.e.loggedIn() }

// unfit says why the client cannot be checked, or returns "".
func (t *trial) unfit(end process.Ending) string {
	e := t.e
	h := e.compare()
	output := ""
	if end.Output != "" {
		output = fmt.Sprintf("; its last output: %q", lastLine(end.Output))
	}
	switch {
	case end.Err != nil:
		return end.Err.Error()
	case end.Hung != "" && len(e.sessions) == 0:
		return "it never connected to " + t.stage.endpoint.Address() + ", and did not end" + output
	case end.Hung != "":
		return "it did not end by itself: " + end.Hung + output
	case end.Signal != "":
		return "it was ended by a signal: " + end.Signal + output
	case len(e.sessions) == 0:
		return fmt.Sprintf("it ended with exit status %d and never connected to %s: does its command name {host} and {port}?%s", end.Status, t.stage.endpoint.Address(), output)
	case !e.loggedIn():
		return fmt.Sprintf("it connected, but did not log in as %s (exit status %d)%s", t.stage.endpoint.User, end.Status, output)
	case len(e.stored) == 0:
		return fmt.Sprintf("it logged in, but stored nothing below {dir} (exit status %d)%s", end.Status, output)
	case len(h.bad) > 0 && len(h.have) == 0:
		m := e.stored[h.bad[0]]
		text := stored.Prepare(m.Octets, e.learned.Deviations...)
		if near := resembled(text, e.candidates()); near != nil {
			return fmt.Sprintf("what it stored as %s differs from what was sent: %s; if it is meant to do that, declare it as a deviation", m.Name, text.Difference(near.text))
		}
		return fmt.Sprintf("nothing that it stored is a message; the first file is %s. Is --store right?", m.Name)
	case len(h.have) < len(e.letters()):
		return fmt.Sprintf("it stored %d of %d messages (exit status %d)%s", len(h.have), len(e.uids), end.Status, output)
	}
	return ""
}

// loggedIn reports whether any session reached a command that needs a login.
func (e *evidence) loggedIn() bool {
	return slices.ContainsFunc(e.sessions, func(s session) bool {
		return slices.ContainsFunc([]string{"STAT", "LIST", "UIDL", "RETR", "TOP"}, s.sent)
	})
}

// see learns from the first visit.
func (l *Learned) see(t *trial, found []stored.Message) {
	e := t.e
	h := e.compare()
	for i, m := range found {
		if (h.of[i] != letter{}) && !slices.Contains(l.Names, shape(m.Name)) {
			l.Names = append(l.Names, shape(m.Name))
		}
	}
	l.Layout = layoutOf(found, l.Layout)
	l.Sessions = len(e.sessions)
	for i := range e.sessions {
		l.hear(&e.sessions[i])
	}
	if l.Mode == PlainLine && t.stage.line.sawSeveral() && !l.Can(scenarios.Pipelines) {
		l.Abilities = append(l.Abilities, scenarios.Pipelines)
	}
}

// hear learns from the commands of a session.
func (l *Learned) hear(s *session) {
	for verb, a := range map[string]scenarios.Ability{"TOP": scenarios.Tops, "UIDL": scenarios.UIDLs, "CAPA": scenarios.CAPAs, "APOP": scenarios.APOPs, "AUTH": scenarios.Auths, "DELE": scenarios.Moves} {
		if s.sent(verb) && !l.Can(a) {
			l.Abilities = append(l.Abilities, a)
		}
	}
	for _, c := range s.Commands {
		switch c.Verb {
		case "USER", "APOP":
			l.Login = c.Verb
		case "AUTH":
			name, _, _ := strings.Cut(c.Args, " ")
			l.Login = strings.TrimSpace("AUTH " + strings.ToUpper(name))
		}
	}
	if l.Mode != PlainLine && !l.Can(scenarios.UsesTLS) {
		l.Abilities = append(l.Abilities, scenarios.UsesTLS)
	}
	if l.Mode == UseSTLS && !l.Can(scenarios.UsesSTLS) {
		l.Abilities = append(l.Abilities, scenarios.UsesSTLS)
	}
	if l.Mode == UseImplicit && !l.Can(scenarios.UsesImplicit) {
		l.Abilities = append(l.Abilities, scenarios.UsesImplicit)
	}
}

// compare learns from the differences between the first and the second visit.
func (l *Learned) compare(t *trial, sessions int, deleted bool, before, after int) {
	fetchedAgain := false
	for _, s := range t.e.sessions[min(sessions, len(t.e.sessions)):] {
		fetchedAgain = fetchedAgain || s.sent("RETR")
	}
	l.Doubles = after > before
	switch {
	case deleted && l.Can(scenarios.UIDLs), !deleted && !fetchedAgain:
		l.Abilities = append(l.Abilities, scenarios.Remembers)
	case !deleted && !l.Doubles:
		l.Abilities = append(l.Abilities, scenarios.Overwrites)
	}
}

// folder creates a directory for one case.
func (r *Runner) folder(id string) (string, error) {
	dir, err := os.MkdirTemp(r.dir, "case-")
	if err != nil {
		return "", fmt.Errorf("case %s: %w", id, err)
	}
	return filepath.Abs(dir)
}
