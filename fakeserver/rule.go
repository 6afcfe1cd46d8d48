package fakeserver

import (
	"fmt"
	"strings"
	"sync"
)

// Match says which commands a rule is for. A zero field matches everything.
type Match struct {
	// Verb in any case. Three names are of what is no command, and only they
	// match that: CONNECT is the greeting, TLS the server's side of a handshake,
	// RESPONSE a line of the client inside an AUTH exchange.
	Verb string
	// Args is the text after the verb and a space, exactly. For RESPONSE it is
	// the name of the mechanism.
	Args string
	// User who logs in or has logged in. An AUTH exchange does not tell who it
	// is before it is over.
	User string
	// Session counts the connections to the server from 1.
	Session int
	// Nth picks one of the commands that match all of the above, from 1.
	Nth int
}

func (m Match) String() string {
	text := strings.ToUpper(m.Verb)
	if text == "" {
		text = "any command"
	}
	if m.Args != "" {
		text += " " + m.Args
	}
	if m.User != "" {
		text += " of user " + m.User
	}
	if m.Session != 0 {
		text += fmt.Sprintf(" in session %d", m.Session)
	}
	if m.Nth != 0 {
		text += fmt.Sprintf(", number %d", m.Nth)
	}
	return text
}

func (m Match) covers(x *Exchange) bool {
	if x.pseudo != (pseudo(m.Verb) != nil) {
		return false
	}
	return (m.Verb == "" || strings.EqualFold(m.Verb, x.Verb)) &&
		(m.Args == "" || m.Args == x.Args) &&
		(m.Session == 0 || m.Session == x.Session.number) &&
		(m.User == "" || m.User == x.user())
}

// Rule gives the commands that match to another handler. Its methods may be
// called at any time and return the rule.
type Rule struct {
	set     *ruleSet
	match   Match
	handler Handler
	times   int // 0 = no limit
	must    bool
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

// Fired is how often the rule has fired.
func (r *Rule) Fired() int {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	return r.fired
}

type ruleSet struct {
	mu    sync.Mutex
	rules []*Rule
}

// On adds a rule. The newest rule that matches a command and may still fire
// answers it; Auto answers when there is none.
func (s *Server) On(m Match, h Handler) *Rule {
	r := &Rule{set: &s.rules, match: m, handler: h}
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	s.rules.rules = append(s.rules.rules, r)
	return r
}

// handler counts x in every rule that covers it and picks who answers.
func (set *ruleSet) handler(x *Exchange) Handler {
	set.mu.Lock()
	defer set.mu.Unlock()
	var chosen *Rule
	for _, r := range set.rules {
		if !r.match.covers(x) {
			continue
		}
		r.seen++
		if (r.match.Nth == 0 || r.match.Nth == r.seen) && (r.times == 0 || r.fired < r.times) {
			chosen = r
		}
	}
	if chosen == nil {
		return Auto
	}
	chosen.fired++
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
