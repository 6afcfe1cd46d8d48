package fakeserver

import (
	"fmt"
	"strings"
	"sync"
)

// Match says which commands a rule is for. A zero field matches everything.
type Match struct {
	// Verb in any case. Four names are of what is no command, and only they match
	// that: CONNECT is the greeting, TLS the server's side of a handshake, RESPONSE
	// a line of the client inside an AUTH exchange, TIMEOUT the end of the
	// inactivity timer, whose right answer is to close without a word.
	Verb string
	// Args is the text after the verb and a space; a * in it stands for any text,
	// and alone for any but none: LIST * is not LIST.
	// For RESPONSE it is the name of the mechanism.
	Args string
	// Alone is for the verb without arguments: LIST, and not LIST 1. Blanks are none.
	Alone bool
	// User who logs in or has logged in. An AUTH exchange does not tell who it
	// is before it is over.
	User string
	// Session counts the connections to the server from 1.
	Session int
	// State is the state of the session, or several of them with | between.
	State State
	// When is the named state that Rule.Goto has led to; InitialState is the one
	// at the start. Named states outlive sessions, since what changes over time is
	// seen by the client that comes back. Rules with a User share the state of that
	// user, the others the state of the server, so that suites which share a server
	// do not disturb one another.
	When string
	// Nth picks one of the commands that match all of the above, from 1.
	Nth int
	// From picks the commands that match all of the above from this one on, counted from 1.
	From int
}

func (m Match) String() string {
	text := strings.ToUpper(m.Verb)
	if text == "" {
		text = "any command"
	}
	if m.Args != "" {
		text += " " + m.Args
	}
	if m.Alone {
		text += " without arguments"
	}
	if m.User != "" {
		text += " of user " + m.User
	}
	if m.Session != 0 {
		text += fmt.Sprintf(" in session %d", m.Session)
	}
	if m.State != 0 {
		text += " in the " + m.State.String() + " state"
	}
	if m.When != "" {
		text += " when " + m.When
	}
	if m.Nth != 0 {
		text += fmt.Sprintf(", number %d", m.Nth)
	}
	if m.From != 0 {
		text += fmt.Sprintf(", from number %d on", m.From)
	}
	return text
}

// InitialState is the named state at the start.
const InitialState = "start"

// Rule gives the commands that match to another handler. Its methods may be
// called at any time and return the rule.
type Rule struct {
	set     *ruleSet
	match   Match
	handler Handler
	pseudo  bool // the verb is none of a command
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

// Fired is how often the rule has fired.
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

// state is the named state that rules for a user are in.
func (set *ruleSet) state(user string) string {
	if state := set.states[user]; state != "" {
		return state
	}
	return InitialState
}

// NamedState is the named state that the rules for a user are in, or with "" the
// rules for all users.
func (s *Server) NamedState(user string) string {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	return s.rules.state(user)
}

// On adds a rule. The newest rule that matches a command and may still fire
// answers it; Auto answers when there is none.
func (s *Server) On(m Match, h Handler) *Rule {
	m.Verb = strings.ToUpper(m.Verb)
	r := &Rule{set: &s.rules, match: m, handler: h, pseudo: pseudo(m.Verb) != nil}
	r.exact = m.Args != "" && !strings.Contains(m.Args, "*")
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	s.rules.rules = append(s.rules.rules, r)
	return r
}

// isForOthers tells most commands that are none of the rule's, at little cost.
func (r *Rule) isForOthers(x *Exchange) bool {
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
		if r.isForOthers(x) {
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
