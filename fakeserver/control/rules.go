package control

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"pop3mtm/scenarios"
)

// Rule is a rule of a user.
type Rule struct {
	ID    string    `json:"id" doc:"The id, for transcripts and to delete it" example:"r1"`
	Fired int       `json:"fired" doc:"How often it has answered since creation or reset"`
	Rule  RuleWords `json:"rule" doc:"The rule in the words of scenario files"`
}

// RuleWords is a rule in the format of scenario files.
type RuleWords struct{ scenarios.Rule }

// Rules returns the rules of a user. The first one that matches a command and may
// still fire answers it.
func (s *Service) Rules(_ context.Context, user string) ([]Rule, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.listed(t.rules), nil
}

func (t *tenant) listed(list []*rule) []Rule {
	all := []Rule{}
	for _, r := range list {
		all = append(all, Rule{ID: r.id, Fired: r.added.Fired(), Rule: RuleWords{r.words}})
	}
	return all
}

// AddRules puts rules in front of the rules of a user. words is a rule or a list of rules in the
// format of scenario files, as YAML or JSON.
func (s *Service) AddRules(_ context.Context, user string, words []byte) ([]Rule, error) {
	return s.putRules(user, words, false)
}

// ReplaceRules replaces the rules of a user.
func (s *Service) ReplaceRules(_ context.Context, user string, words []byte) ([]Rule, error) {
	return s.putRules(user, words, true)
}

func (s *Service) putRules(user string, words []byte, replace bool) ([]Rule, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	rules, err := scenarios.ParseRules(words)
	if err != nil {
		return nil, wrongWords(err)
	}
	if err := s.mayHave(user, rules); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if count := len(t.rules) + len(rules); !replace && count > s.limits.Rules {
		return nil, full("a user may have %d rules, and with these there would be %d: delete some", s.limits.Rules, count)
	}
	if verb := early(rules); verb != "" && t.own == nil {
		return nil, problem(http.StatusUnprocessableEntity,
			"%s comes before the server knows the user: give the user a port of its own first, by POST %s/users/%s/port", verb, prefix, user)
	}
	if replace {
		t.dropRules(func(*rule) bool { return true })
	}
	return t.listed(s.addRules(t, rules)), nil
}

// mayHave returns an error for rules that a user cannot have.
func (s *Service) mayHave(user string, rules []scenarios.Rule) error {
	if len(rules) > s.limits.Rules {
		return full("a user may have %d rules, and these are %d", s.limits.Rules, len(rules))
	}
	for i, r := range rules {
		if r.User != "" && r.User != user {
			return problem(http.StatusUnprocessableEntity, "rule %d is for the user %q, and these are the rules of %q: leave user out", i+1, clip(r.User), user)
		}
	}
	return nil
}

// addRules puts rules at the front, in their order. t.mu must be locked.
func (s *Service) addRules(t *tenant, rules []scenarios.Rule) []*rule {
	var added []*rule
	for _, words := range slices.Backward(rules) {
		t.lastRule++
		if words.User == t.name {
			words.User = ""
		}
		r := &rule{id: fmt.Sprint("r", t.lastRule), words: words}
		t.put(r)
		added = append(added, r)
	}
	slices.Reverse(added)
	t.rules = slices.Concat(added, t.rules)
	return added
}

// put lets the server have a rule. t.mu is locked.
func (t *tenant) put(r *rule) {
	words := r.words
	words.Required = false // the verdict says what has not fired, not the end of the server
	r.added = words.AddTo(t.server.Load(), t.ruled())
	r.added.Named(r.id, words.About())
}

// putRules lets another server have the rules. t.mu is locked.
func (t *tenant) putRules() {
	for _, r := range slices.Backward(t.rules) {
		t.put(r)
	}
}

// dropRules removes the rules that which selects. t.mu must be locked.
func (t *tenant) dropRules(which func(*rule) bool) (dropped int) {
	t.rules = slices.DeleteFunc(t.rules, func(r *rule) bool {
		if !which(r) {
			return false
		}
		r.added.Remove()
		dropped++
		return true
	})
	return dropped
}

// DeleteRules deletes a rule of a user, or with "" all of them.
func (s *Service) DeleteRules(_ context.Context, user, id string) error {
	t, err := s.find(user)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := t.dropRules(func(r *rule) bool { return id == "" || r.id == id }); n == 0 && id != "" {
		return problem(http.StatusNotFound, "the user %s has no rule %q", t.name, clip(id))
	}
	return nil
}
