package fakeserver

import (
	"strings"
	"sync"
)

// Rule assigns a handler to matching commands. Its methods may be called at any time and return
// the rule.
type Rule struct {
	set     *ruleSet
	match   Match
	handler Handler
	pseudo  bool // the verb is a pseudo-verb
	exact   bool // Args is set and has no *
	times   int  // 0 = no limit
	must    bool
	leads   string // the named state afterwards, "" = unchanged
	seen    int
	fired   int
}

// Once limits the rule to firing once.
func (r *Rule) Once() *Rule { return r.Times(1) }

// Times limits the rule to firing n times; 0 means no limit.
func (r *Rule) Times(n int) *Rule {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	r.times = n
	return r
}

// Must makes Server.Close return an error if the rule has not fired.
func (r *Rule) Must() *Rule {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	r.must = true
	return r
}

// Goto sets the named state, for Match.When, each time the rule fires. The command that fires it
// is the last one in the old state.
func (r *Rule) Goto(state string) *Rule {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	r.leads = state
	return r
}

// Fired returns the number of times that the rule has fired.
func (r *Rule) Fired() int {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	return r.fired
}

type ruleSet struct {
	mu     sync.Mutex
	rules  []*Rule
	states map[string]string // named states, by user; the server's under ""
}

// state returns the named state for rules with this user.
func (set *ruleSet) state(user string) string {
	if state := set.states[user]; state != "" {
		return state
	}
	return InitialState
}

// NamedState returns the named state for rules with this user, or with "" for rules without one.
func (s *Server) NamedState(user string) string {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	return s.rules.state(user)
}

// On adds a rule. A command is answered by the newest rule that matches and may still fire, else
// by Auto.
func (s *Server) On(m Match, h Handler) *Rule {
	m.Verb = strings.ToUpper(m.Verb)
	r := &Rule{set: &s.rules, match: m, handler: h, pseudo: isPseudo(m.Verb)}
	r.exact = m.Args != "" && !strings.Contains(m.Args, "*")
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	s.rules.rules = append(s.rules.rules, r)
	return r
}

// mismatches returns a cheap pre-check: it reports commands that the rule cannot match.
func (r *Rule) mismatches(x *Exchange) bool {
	return r.match.Verb != "" && r.match.Verb != x.Verb || r.exact && r.match.Args != x.Args
}

// handler counts x in every rule that matches it, and returns the handler to answer it.
func (set *ruleSet) handler(x *Exchange) Handler {
	set.mu.Lock()
	defer set.mu.Unlock()
	if len(set.rules) == 0 {
		return Auto
	}
	c := x.command()
	var chosen *Rule
	for _, r := range set.rules {
		if r.mismatches(x) {
			continue
		}
		if !r.match.covers(x.Session.number, &c, r.pseudo) || r.match.When != "" && r.match.When != set.state(r.match.User) {
			continue
		}
		r.seen++
		if (r.match.Nth == 0 || r.match.Nth == r.seen) && r.seen >= r.match.From && (r.times == 0 || r.fired < r.times) {
			chosen = r
		}
	}
	if chosen == nil {
		return Auto
	}
	x.ruled = chosen.match.Verb != "" // a rule for any command does not excuse an invalid one
	chosen.fired++
	if chosen.leads != "" {
		if set.states == nil {
			set.states = map[string]string{}
		}
		set.states[chosen.match.User] = chosen.leads
	}
	return chosen.handler
}

// UnmetError lists the required rules that have not fired.
type UnmetError struct{ Rules []Match }

func (e *UnmetError) Error() string {
	texts := make([]string, len(e.Rules))
	for i, m := range e.Rules {
		texts[i] = m.String()
	}
	return "rules that never fired: " + strings.Join(texts, "; ")
}

func (set *ruleSet) unmet() error {
	set.mu.Lock()
	defer set.mu.Unlock()
	var left []Match
	for _, r := range set.rules {
		if r.must && r.fired == 0 {
			left = append(left, r.match)
		}
	}
	if left == nil {
		return nil
	}
	return &UnmetError{left}
}
