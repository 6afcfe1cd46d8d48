package control

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/scenarios"
)

// PlayedScenario is the scenario that a user plays.
type PlayedScenario struct {
	Name     string   `json:"name,omitempty" doc:"The name of a built-in scenario, with its case" example:"retr-drop#after=0,how=close"`
	Title    string   `json:"title" doc:"What happens, in one line"`
	Why      string   `json:"why,omitempty" doc:"Why it matters"`
	Case     string   `json:"case,omitempty" doc:"The case that is played"`
	Cases    []string `json:"cases,omitempty" doc:"All cases that there are"`
	Messages int      `json:"messages" doc:"How many messages the mailbox has"`
	Rules    int      `json:"rules" doc:"How many rules there are"`
}

// PlayScenario makes a user play a scenario from the beginning: its rules and expectations replace
// those of the user, and its mail, if it has any, the mailbox. words is a scenario, YAML or JSON,
// or "name: retr-drop" for a built-in one. variant picks a case; "" is the first one.
func (s *Service) PlayScenario(ctx context.Context, user string, words []byte, variant string) (*PlayedScenario, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	all, err := s.scenarioOf(t, words)
	if err != nil {
		return nil, err
	}
	chosen, names, err := pick(all, variant)
	if err != nil {
		return nil, err
	}
	parts, err := s.partsFor(t, chosen)
	if err != nil {
		return nil, err
	}
	if err := t.server.ForgetSessions(ctx, user); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if parts.Mail != nil {
		if err := s.replaceMail(t, parts.Mail); err != nil {
			return nil, err
		}
	}
	t.dropRules(func(*rule) bool { return true })
	s.addRules(t, parts.Rules)
	t.user = parts.User
	t.server.SetUser(user, t.user)
	t.scenario, t.expect, t.boxes = chosen, &chosen.Expect, nil
	t.restart()
	count, _ := t.drop.Count()
	return &PlayedScenario{Name: chosen.Name(), Title: chosen.Title, Why: chosen.Why, Case: chosen.Case(), Cases: names, Messages: count, Rules: len(t.rules)}, nil
}

// partsFor returns what a scenario is for a user, if it can be.
func (s *Service) partsFor(t *tenant, chosen *scenarios.Scenario) (*scenarios.ForUser, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	parts, err := chosen.ForUser(t.base)
	if err != nil {
		return nil, problem(http.StatusUnprocessableEntity, "%v", err)
	}
	if len(parts.Early) > 0 {
		return nil, problem(http.StatusUnprocessableEntity,
			"the scenario says what happens before the server knows the user (%s): play it on a whole server, pop3sim serve --scenario", strings.Join(parts.Early, ", "))
	}
	if err := s.mayHave(t.name, parts.Rules); err != nil {
		return nil, err
	}
	if parts.Mail != nil && !t.changing {
		return nil, unchangeable(t.name)
	}
	return parts, nil
}

// scenarioOf returns the cases of a scenario, which may name messages that the user has.
func (s *Service) scenarioOf(t *tenant, words []byte) ([]*scenarios.Scenario, error) {
	name, err := scenarios.ParseName(words)
	if err != nil {
		return nil, wrongWords(err)
	}
	if name != "" {
		return builtIn(name)
	}
	var uids []string
	if n, _ := t.drop.Count(); n <= s.limits.Messages {
		uids = t.drop.UIDs()
	}
	all, err := scenarios.ParseFor("", words, uids)
	if err != nil {
		return nil, wrongWords(err)
	}
	return all, nil
}

// builtIn returns the cases of a built-in scenario, or the named one. A path is
// not a built-in scenario.
func builtIn(name string) ([]*scenarios.Scenario, error) {
	file, variant, picked := strings.Cut(name, "#")
	if !slices.Contains(scenarios.Names(), file) {
		return nil, problem(http.StatusNotFound, "there is no built-in scenario %q; GET /api/v1/scenarios lists them", clip(file))
	}
	if !picked {
		return scenarios.LoadAll(file)
	}
	one, err := scenarios.Load(file + "#" + variant)
	if err != nil {
		return nil, problem(http.StatusNotFound, "%v", err)
	}
	return []*scenarios.Scenario{one}, nil
}

// pick returns a case, and the names of all.
func pick(all []*scenarios.Scenario, variant string) (chosen *scenarios.Scenario, names []string, err error) {
	for _, one := range all {
		if one.Case() != "" {
			names = append(names, one.Case())
		}
		if chosen == nil && (variant == "" || one.Case() == variant) {
			chosen = one
		}
	}
	if chosen == nil {
		return nil, nil, problem(http.StatusUnprocessableEntity, "the scenario has no case %q", clip(variant))
	}
	return chosen, names, nil
}

// replaceMail replaces the mailbox, and what a reset puts back. t.mu is locked.
func (s *Service) replaceMail(t *tenant, mail []maildrop.Message) error {
	if len(mail) > s.limits.Messages {
		return full("a mailbox may have %d messages, and these are %d", s.limits.Messages, len(mail))
	}
	if err := s.reserve(octetsOf(mail) - octetsOf(t.mail)); err != nil {
		return err
	}
	t.mail = mail
	return t.putBack()
}

// Scenario returns the scenario that a user plays.
func (s *Service) Scenario(_ context.Context, user string) (*PlayedScenario, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.scenario == nil {
		return nil, problem(http.StatusNotFound, "the user %s plays no scenario", user)
	}
	count, _ := t.drop.Count()
	return &PlayedScenario{Name: t.scenario.Name(), Title: t.scenario.Title, Why: t.scenario.Why, Case: t.scenario.Case(), Messages: count, Rules: len(t.rules)}, nil
}

// State returns the named state of a user.
func (s *Service) State(_ context.Context, user string) (string, error) {
	t, err := s.find(user)
	if err != nil {
		return "", err
	}
	return t.server.NamedState(user), nil
}

// SetState sets the named state of a user, as goto of a rule does.
func (s *Service) SetState(_ context.Context, user, state string) error {
	t, err := s.find(user)
	if err != nil {
		return err
	}
	if state == "" || len(state) > 100 {
		return problem(http.StatusUnprocessableEntity, "a state has a name of 1 to 100 octets")
	}
	t.server.SetNamedState(user, state)
	return nil
}

// Reset lets a user begin again: open sessions end, what is known of sessions is forgotten, rules
// count from the beginning, the first named state is set, and messages that are gone are back. With
// all it deletes messages, rules, scenario and expectations too.
func (s *Service) Reset(ctx context.Context, user string, all bool) error {
	t, err := s.find(user)
	if err != nil {
		return err
	}
	if err := t.server.ForgetSessions(ctx, user); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if all {
		t.dropRules(func(*rule) bool { return true })
		t.scenario, t.expect, t.boxes = nil, nil, nil
		t.user = t.base
		t.server.SetUser(user, t.user)
		if t.changing {
			s.octets.Add(-octetsOf(t.mail))
			t.mail = nil
		}
	}
	if t.changing {
		if err := t.putBack(); err != nil {
			return fmt.Errorf("put back the messages of %s: %w", user, err)
		}
	}
	t.restart()
	return nil
}

// ResetAll resets all users, and the rules that are of no user.
func (s *Service) ResetAll(ctx context.Context, all bool) error {
	users, err := s.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if err := s.Reset(ctx, u.Name, all); err != nil && !gone(err) {
			return err
		}
	}
	s.serving.Load().Restart()
	return nil
}
