package fakeserver

import (
	"strings"
	"sync"
)

// Rule gives the commands that match to another handler. Its methods may be
// called at any time and return the rule.
type Rule struct {
	set     *ruleSet
	match   Match
	handler Handler
	pseudo  bool // the verb is a pseudo-verb
	exact   bool // there are arguments, and no * in them
	times   int  // 0 = no limit
	must    bool
	leads   string // the named state after it, "" = the same
	seen    int
	fired   int
}

// Once lets the rule fire once only.
func (r *Rule) Once() *Rule { return r.Times(1) }

// Times lets the rule fire n times only; 0 means always.
func (r *Rule) Times(n int) *Rule {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	r.times = n
	return r
}

// Must makes it an error of Server.Close that the rule never fired.
func (r *Rule) Must() *Rule {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	r.must = true
	return r
}

// Goto makes state the named state, for Match.When, each time the rule fires. The
// command that fires it is the last one in the old state.
func (r *Rule) Goto(state string) *Rule {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	r.leads = state
	return r
}

// Fired returns how often the rule has fired.
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

// state returns the named state that rules for a user are in.
func (set *ruleSet) state(user string) string {
	if state := set.states[user]; state != "" {
		return state
	}
	return InitialState
}

// NamedState returns the named state that the rules for a user are in, or with "" the
// rules for all users.
func (s *Server) NamedState(user string) string {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	return s.rules.state(user)
}

// On adds a rule. The newest rule that matches a command and may still fire
// answers it, else Auto.
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

// handler counts x in every rule that covers it and picks who answers.
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
	x.ruled = chosen.match.Verb != "" // a rule for any command is for none that makes no sense
	chosen.fired++
	if chosen.leads != "" {
		if set.states == nil {
			set.states = map[string]string{}
		}
		set.states[chosen.match.User] = chosen.leads
	}
	return chosen.handler
}

// UnmetError names the rules that had to fire and never did.
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
