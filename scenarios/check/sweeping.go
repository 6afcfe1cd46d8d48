package check

import (
	"context"
	"fmt"
	"slices"

	"pop3mtm/scenarios"
)

// Sweep lets the client fetch the mail of the sweep once with each combination of TLS and login
// that it supports. It returns cases with a fault at every step-th octet that the server sent.
func (r *Runner) Sweep(ctx context.Context, step int64) ([]*Case, error) {
	var all []*Case
	for name, settings := range sweepSettings() {
		w := swept{name: name, settings: settings}
		switch name {
		case "stls/":
			w.needs = []scenarios.Ability{scenarios.UsesSTLS}
		case "implicit/":
			w.needs = []scenarios.Ability{scenarios.UsesImplicit}
		}
		measured, err := r.measure(ctx, &w)
		if err != nil {
			return nil, err
		}
		if measured {
			all = append(all, w.sweep(max(step, 1))...)
		}
	}
	return sorted(all), nil
}

// measure counts the octets that the server sends in the first connection. It reports false when
// the client cannot connect or log in this way.
func (r *Runner) measure(ctx context.Context, w *swept) (bool, error) {
	s := &scenarios.Scenario{Title: "The mail of the sweep, without any fault", Mailbox: sweepMail(), Settings: w.settings}
	c := &Case{ID: sweepPrefix + w.name + "clean", Severity: Must, Visits: 1, Needs: w.needs, scenario: s}
	l, why := r.mode(r.Drive, c)
	if why != "" || w.name == "" && l.Mode != PlainLine || w.name == "auth/" && (l.Mode != PlainLine || l.Can(scenarios.Auths)) {
		return false, nil // this is in the sweep already, or cannot be
	}
	t, err := r.trial(c, l)
	if err != nil {
		return false, err
	}
	end := t.visit(ctx)
	found, err := t.client.Stored()
	t.e.stored = found
	complete := len(t.e.sessions) > 0 && len(t.e.compare().have) == len(t.e.letters())
	if complete {
		t.stage.line.mu.Lock()
		w.octets, w.boundaries = t.stage.line.total, slices.Clone(t.stage.line.written)
		t.stage.line.mu.Unlock()
		if len(t.e.sessions) == 1 && !t.e.sessions[0].secured() { // a write may contain several replies
			w.boundaries = t.e.sessions[0].boundaries()
		}
	}
	if failed := t.close(); err == nil {
		err = failed
	}
	if w.name == "" && !complete && err == nil {
		err = fmt.Errorf("%w: it could not fetch the mail of the sweep without any fault (exit status %d: %s)", ErrProbe, end.Status, lastLine(end.Output))
	}
	return complete, err
}
