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
	Early    []string `json:"early,omitempty" doc:"The parts of the scenario that come before login. With any of them the user has a port of its own"`
	Logins   []Login  `json:"logins,omitempty" doc:"The users of the scenario, if it has its own: log in as one of them"`
	CA       string   `json:"ca,omitempty" doc:"The certificate authority of its TLS, as PEM"`
	Addresses
}

// PlayScenario makes a user play a scenario from the beginning: its rules and expectations replace
// those of the user, and its mail, if it has any, replaces the mailbox. words is a scenario as YAML
// or JSON, or "name: retr-drop" for a built-in one. variant picks a case; "" stands for the first
// one.
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
	if err := t.server.Load().ForgetSessions(ctx, user); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := s.play(ctx, t, chosen); err != nil {
		return nil, err
	}
	t.scenario, t.expect, t.boxes = chosen, &chosen.Expect, nil
	t.restart()
	played := t.played(names)
	return &played, nil
}

// play puts a tenant on the server that a scenario needs, with its mail and rules. t.mu is locked.
func (s *Service) play(ctx context.Context, t *tenant, chosen *scenarios.Scenario) error {
	early, err := chosen.Early()
	if err != nil {
		return problem(http.StatusUnprocessableEntity, "%v", err)
	}
	if len(early) > 0 || t.own != nil && t.own.asked {
		return s.playAlone(ctx, t, chosen)
	}
	parts, err := chosen.ForUser(t.base)
	if err != nil {
		return problem(http.StatusUnprocessableEntity, "%v", err)
	}
	if err := s.mayHave(t.name, parts.Rules); err != nil {
		return err
	}
	if err := s.begin(t, parts.Mail); err != nil {
		return err
	}
	t.user = parts.User
	if t.own != nil {
		s.share(t)
	}
	t.server.Load().SetUser(t.name, t.user)
	s.addRules(t, parts.Rules)
	return nil
}

// playAlone plays a scenario on a server of the tenant's own. t.mu is locked.
func (s *Service) playAlone(ctx context.Context, t *tenant, chosen *scenarios.Scenario) error {
	parts, err := chosen.Alone(s.baseOptions(t))
	if err != nil {
		return problem(http.StatusUnprocessableEntity, "%v", err)
	}
	if len(parts.Rules) > s.limits.Rules {
		return full("a user may have %d rules, and these are %d", s.limits.Rules, len(parts.Rules))
	}
	if err := s.begin(t, parts.Mail); err != nil {
		return err
	}
	if err := s.serveAlone(ctx, t, parts); err != nil {
		return err
	}
	s.addRules(t, parts.Rules)
	return nil
}

// begin removes the rules of a tenant and replaces its mail, unless that is nil. t.mu is locked.
func (s *Service) begin(t *tenant, mail []maildrop.Message) error {
	if mail != nil {
		if !t.changing {
			return unchangeable(t.name)
		}
		if err := s.replaceMail(t, mail); err != nil {
			return err
		}
	}
	t.dropRules(func(*rule) bool { return true })
	return nil
}

// played describes the scenario that a tenant plays, which has these cases. t.mu is locked.
func (t *tenant) played(cases []string) PlayedScenario {
	count, _ := t.drop.Count()
	p := PlayedScenario{Name: t.scenario.Name(), Title: t.scenario.Title, Why: t.scenario.Why, Case: t.scenario.Case(), Cases: cases, Messages: count, Rules: len(t.rules)}
	if t.own != nil {
		now := t.own.current.Load()
		p.Early, _ = t.scenario.Early() // it was played, so it can be read
		p.Logins, p.CA, p.Addresses = now.logins, now.ca, t.addresses(Addresses{})
	}
	return p
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

// replaceMail replaces the mailbox, and the mail that a reset restores. t.mu must be locked.
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
	played := t.played(nil)
	return &played, nil
}

// State returns the named state of a user.
func (s *Service) State(_ context.Context, user string) (string, error) {
	t, err := s.find(user)
	if err != nil {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.server.Load().NamedState(t.ruled()), nil
}

// SetState sets the named state of a user, as goto of a rule does.
func (s *Service) SetState(_ context.Context, user, state string) error {
	t, err := s.find(user)
	if err != nil {
		return err
	}
	if state == "" || len(state) > 100 {
		return problem(http.StatusUnprocessableEntity, "a state needs a name of 1 to 100 octets")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.server.Load().SetNamedState(t.ruled(), state)
	return nil
}

// Reset lets a user begin again: it ends open sessions, forgets all sessions, restarts the counts
// of rules, sets the first named state and restores deleted messages. With all it deletes messages,
// rules, scenario and expectations too.
func (s *Service) Reset(ctx context.Context, user string, all bool) error {
	t, err := s.find(user)
	if err != nil {
		return err
	}
	if err := t.server.Load().ForgetSessions(ctx, user); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if all {
		t.dropRules(func(*rule) bool { return true })
		t.scenario, t.expect, t.boxes = nil, nil, nil
		t.user = t.base
		if err := s.plain(ctx, t); err != nil {
			return err
		}
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

// plain puts a tenant on a server without a scenario: its own only if it has asked for one. t.mu is
// locked.
func (s *Service) plain(ctx context.Context, t *tenant) error {
	switch {
	case t.own == nil:
		t.server.Load().SetUser(t.name, t.user)
	case t.own.asked:
		return s.serveAlone(ctx, t, nil)
	default:
		s.share(t)
	}
	return nil
}

// ResetAll resets all users, and the rules without a user.
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
