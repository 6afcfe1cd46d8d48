package fakeserver

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Rule assigns a handler to matching commands. Its methods may be called at any time.
type Rule struct {
	set     *ruleSet
	order   int64 // the rule with the smallest one answers
	name    string
	fault   string
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

// Named sets the name of the rule and a text about its fault, for transcripts. Default: the name is
// the text of its Match.
func (r *Rule) Named(name, fault string) *Rule {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	r.name, r.fault = name, fault
	return r
}

// about returns the name of the rule and the text about its fault.
func (r *Rule) about() (name, fault string) {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	if r.name == "" {
		return r.match.String(), r.fault
	}
	return r.name, r.fault
}

// Remove takes the rule off the list.
func (r *Rule) Remove() {
	set := r.set
	set.mu.Lock()
	defer set.mu.Unlock()
	is := func(other *Rule) bool { return other == r }
	before := len(set.own[r.match.User]) + len(set.rules)
	if user := r.match.User; user == "" {
		set.rules = slices.DeleteFunc(set.rules, is)
	} else if set.own[user] = slices.DeleteFunc(set.own[user], is); len(set.own[user]) == 0 {
		delete(set.own, user)
	}
	set.count -= before - len(set.own[r.match.User]) - len(set.rules)
}

// ruleSet is the list of rules. Those of a user are kept apart, so that a command is compared with
// the rules that it may be for.
type ruleSet struct {
	mu     sync.Mutex
	rules  []*Rule            // without a user, the first one first
	own    map[string][]*Rule // by user
	count  int                // of all
	newest int64              // the order of the first rule
	states map[string]string  // named states, by user; the server's under ""
}

// state returns the named state for rules with this user.
func (set *ruleSet) state(user string) string {
	if state := set.states[user]; state != "" {
		return state
	}
	return InitialState
}

func (set *ruleSet) setState(user, state string) {
	if set.states == nil {
		set.states = map[string]string{}
	}
	set.states[user] = state
}

// NamedState returns the named state for rules with this user, or with "" for rules without one.
func (s *Server) NamedState(user string) string {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	return s.rules.state(user)
}

// SetNamedState sets the state that NamedState returns.
func (s *Server) SetNamedState(user, state string) {
	s.rules.mu.Lock()
	s.rules.setState(user, state)
	s.rules.mu.Unlock()
	s.news.tell()
	if t := s.tenants.get(user); t != nil {
		t.news.tell()
	}
}

// On puts a rule at the front of the list of rules. The first rule of the list that matches a
// command and may still fire answers it; if none does, Auto answers. On panics when no command can
// ever match, or when the verb is misspelt.
func (s *Server) On(m Match, h Handler) *Rule {
	if err := m.check(s.words); err != nil {
		panic("fakeserver: On: " + err.Error())
	}
	m.Verb = strings.ToUpper(m.Verb)
	r := &Rule{set: &s.rules, match: m, handler: h, pseudo: isPseudo(m.Verb)}
	r.exact = m.Args != "" && !strings.Contains(m.Args, "*")
	s.rules.add(r)
	return r
}

func (set *ruleSet) add(r *Rule) {
	set.mu.Lock()
	defer set.mu.Unlock()
	set.count++
	set.newest--
	r.order = set.newest
	if r.match.User == "" {
		set.rules = slices.Insert(set.rules, 0, r)
		return
	}
	if set.own == nil {
		set.own = map[string][]*Rule{}
	}
	set.own[r.match.User] = slices.Insert(set.own[r.match.User], 0, r)
}

// RestartRules makes the rules of a user count from the beginning, and sets the first named state.
// With "" it is for rules without a user.
func (s *Server) RestartRules(user string) {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	delete(s.rules.states, user)
	list := s.rules.own[user]
	if user == "" {
		list = s.rules.rules
	}
	for _, r := range list {
		r.seen, r.fired = 0, 0
	}
}

// remove removes all rules of a user, and its named state.
func (set *ruleSet) remove(user string) {
	set.mu.Lock()
	defer set.mu.Unlock()
	set.count -= len(set.own[user])
	delete(set.own, user)
	delete(set.states, user)
}

// mismatches returns a cheap pre-check: it reports commands that the rule cannot match.
func (r *Rule) mismatches(x *Exchange) bool {
	return r.match.Verb != "" && r.match.Verb != x.Verb || r.exact && r.match.Args != x.Args
}

// handler counts x in every rule that matches it, and returns the handler to answer it.
func (set *ruleSet) handler(x *Exchange) Handler {
	set.mu.Lock()
	defer set.mu.Unlock()
	if set.count == 0 {
		return Auto
	}
	c := x.command()
	chosen := set.first(nil, set.rules, x, &c)
	if set.own != nil {
		chosen = set.first(chosen, set.own[c.User], x, &c)
	}
	if chosen == nil {
		return Auto
	}
	x.rule = chosen
	x.ruled = chosen.match.Verb != "" // a rule for any command does not excuse an invalid one
	chosen.fired++
	if chosen.leads != "" {
		set.setState(chosen.match.User, chosen.leads)
	}
	return chosen.handler
}

// first counts x in the rules of a list that match it, and returns the first one that may fire, or
// chosen if that stands before it.
func (set *ruleSet) first(chosen *Rule, list []*Rule, x *Exchange, c *Command) *Rule {
	for _, r := range list {
		if r.mismatches(x) || !r.match.covers(x.Session.counted(r.match.User), c, r.pseudo) ||
			r.match.When != "" && r.match.When != set.state(r.match.User) {
			continue
		}
		r.seen++
		fires := (r.match.Nth == 0 || r.match.Nth == r.seen) && r.seen >= r.match.From && (r.times == 0 || r.fired < r.times)
		if fires && (chosen == nil || r.order < chosen.order) {
			chosen = r
		}
	}
	return chosen
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
	for _, list := range append(slices.Collect(maps.Values(set.own)), set.rules) {
		for _, r := range list {
			if r.must && r.fired == 0 {
				left = append(left, r.match)
			}
		}
	}
	slices.SortFunc(left, func(a, b Match) int { return strings.Compare(a.String(), b.String()) })
	if left == nil {
		return nil
	}
	return &UnmetError{left}
}
