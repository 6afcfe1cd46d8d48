package scenarios

import (
	"slices"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/smtpsink"
	meant "pop3mtm/internal/words"
)

// Limits of one scenario.
const (
	maxRules = 1000
	maxSteps = 32 // in one rule
	maxUsers = 1000
	maxRuns  = 20
)

// language describes a protocol for which rules are written: its verbs, the events that a rule may
// name in place of a verb, and how its replies begin.
type language struct {
	grammar grammar
	verbs   []string
	events  []string
}

// pop3Language describes POP3, for rules and expectations. Unknown verbs are accepted unless they
// look like a misspelt one of these.
func pop3Language() language {
	return language{pop3Grammar, verbNames(fakeserver.Verbs()), fakeserver.PseudoVerbs()}
}

// smtpLanguage describes SMTP, for the rules under smtp. "." stands for the end of a message.
func smtpLanguage() language {
	return language{smtpGrammar, verbNames(smtpsink.Verbs()), append(fakeserver.PseudoVerbs(), ".")}
}

func verbNames(all []fakeserver.Verb) []string {
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = v.Name
	}
	return names
}

// check finds mistakes that only several values together show, and reads the files of the mailbox.
func (s *Scenario) check(f *files, bad wrong) {
	f.octets = 0
	if strings.TrimSpace(s.Title) == "" {
		bad("title", "a scenario needs a title: what happens, in one line")
	}
	s.checkServer(bad)
	checkRules(s.Rules, s.userNames(), f, bad)
	s.checkSMTP(f, bad)
	checkViews(s.Settings.Shows, s.Rules, bad)
	for i, n := range s.Quirk {
		if slices.Contains(s.Quirk[:i], n) {
			bad("quirk", "quirk %d is listed twice", n)
			break
		}
		if _, err := QuirkByNumber(n); err != nil {
			bad("quirk", "%v", err)
		}
	}
	if s.Profile != "" && !slices.Contains(Profiles(), s.Profile) {
		bad("profile", "%s", unknown("profile", s.Profile, Profiles()))
	}
	checkMail(s.Mailbox, "mailbox", f, bad)
	s.checkUsers(f, bad)
	s.checkExpect(bad, f)
	s.checkMTM(bad, f)
	s.checkClientCheck(bad)
}

func (s *Scenario) checkServer(bad wrong) {
	for i, m := range s.Settings.Mechanisms {
		if strings.TrimSpace(m) == "" || strings.ContainsAny(m, " \r\n") {
			bad(at("server.mechanisms", i), "a mechanism is one word, such as %s", fakeserver.Mechanisms()[0])
		}
	}
	if s.Settings.Certificate != "" && (s.Settings.TLS == "" || s.Settings.TLS == NoTLS) {
		bad("server.certificate", "certificate needs a server with TLS: add tls: stls or tls: implicit")
	}
	checkCapabilities(s.Settings.Capabilities, "server.capabilities", bad)
	checkCapabilities(s.Settings.LoginCapabilities, "server.loginCapabilities", bad)
}

func checkCapabilities(list []string, path string, bad wrong) {
	for i, c := range list {
		if strings.ContainsAny(c, "\r\n") {
			bad(at(path, i), "a capability is one line; for other octets write a rule on CAPA with raw")
		}
	}
}

func (s *Scenario) userNames() []string {
	if len(s.Users) == 0 {
		return []string{DefaultUser}
	}
	var names []string
	for _, u := range s.Users {
		names = append(names, u.Name)
	}
	return names
}

func checkRules(rules []Rule, users []string, f *files, bad wrong) {
	checkRulesOf(pop3Language(), rules, "rules", users, f, bad)
}

// checkSMTP checks the rules for SMTP, where sessions have no mailbox and only one state.
func (s *Scenario) checkSMTP(f *files, bad wrong) {
	checkRulesOf(smtpLanguage(), s.SMTP, "smtp", s.userNames(), f, bad)
	for i, r := range s.SMTP {
		if r.State != "" {
			bad(at("smtp", i)+".state", "state is for rules on POP3 commands; remove it from this rule under smtp")
		}
		for _, a := range slices.Concat(r.Before, r.After) {
			if !a.LosePipelined {
				bad(at("smtp", i), "before and after of a rule under smtp allow only losePipelined; put actions that change a mailbox into a rule on a POP3 command")
			}
		}
	}
}

// checkRulesOf checks the rules at a path, which are about the commands of one protocol.
func checkRulesOf(l language, rules []Rule, root string, users []string, f *files, bad wrong) {
	if len(rules) > maxRules {
		bad(root, "there are more than %d rules", maxRules)
		return
	}
	states := namedStates(rules)
	for i, r := range rules {
		path := at(root, i)
		if r.When != "" && !slices.Contains(states, r.When) {
			bad(path+".when", "%s", unknown("rule that leads to", r.When, states))
		}
		if why := badCommand(r.On, l.verbs, l.events); why != "" {
			bad(path+".on", "%s", why)
		}
		if verb, args, _ := strings.Cut(r.On, " "); r.Alone && (args != "" || slices.Contains(l.events, strings.ToUpper(verb))) {
			bad(path+".alone", "alone needs a verb without arguments in on, such as on: LIST")
		}
		if r.Nth != 0 && r.From != 0 {
			bad(path+".from", "give either nth, for one command, or from, for that one and all after it")
		}
		if r.User != "" && !slices.Contains(users, r.User) {
			bad(path+".user", "%s", unknown("user", r.User, users))
		}
		if n := len(r.Do) + len(r.Before) + len(r.After); n == 0 && r.As == "" && r.Goto == "" || n > maxSteps {
			bad(path+".do", "do needs 1 to %d steps", maxSteps)
			continue
		}
		r.checkSteps(l, path, f, bad)
	}
}

// checkSteps checks the steps of a rule.
func (r *Rule) checkSteps(l language, path string, f *files, bad wrong) {
	if r.As != "" {
		if why := badCommand(r.As, l.verbs, nil); why != "" {
			bad(path+".as", "%s", why)
		}
	}
	checkActions(r.Before, path+".before", f, bad)
	checkActions(r.After, path+".after", f, bad)
	for j, step := range r.Do {
		if why := step.wrong(l.grammar); why != "" {
			bad(at(path+".do", j), "%s", why)
		}
	}
}

// namedStates returns the named states: those that a rule has under goto, and start.
func namedStates(rules []Rule) []string {
	states := []string{fakeserver.InitialState}
	for _, r := range rules {
		if r.Goto != "" {
			states = append(states, r.Goto)
		}
	}
	return states
}

func checkActions(list []Action, path string, f *files, bad wrong) {
	for i, a := range list {
		if why := a.wrong(); why != "" {
			bad(at(path, i), "%s", why)
		}
		checkMail(a.Add, at(path, i)+".add", f, bad)
		checkMail(a.Replace, at(path, i)+".replace", f, bad)
		for j, m := range a.Replace {
			if m.UIDL == "" {
				bad(at(at(path, i)+".replace", j), "replace needs uidl, the unique-id of the message to replace")
			}
		}
	}
}

func checkViews(views []View, rules []Rule, bad wrong) {
	for i, v := range views {
		if why := v.wrong(); why != "" {
			bad(at("server.shows", i), "%s", why)
		}
		if states := namedStates(rules); v.When != "" && !slices.Contains(states, v.When) {
			bad(at("server.shows", i)+".when", "%s", unknown("rule that leads to", v.When, states))
		}
	}
}

// badCommand says why text is not a valid command: its verb must be one of verbs, or one of the
// others, which may be given in place of a verb.
func badCommand(text string, verbs, others []string) string {
	verb, args, more := strings.Cut(text, " ")
	switch {
	case text == "":
		return "a command is missing, such as RETR or RETR 2"
	case more && strings.TrimSpace(args) != args || more && args == "":
		return "a command is a verb, one blank, and its arguments: RETR 2"
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return "a command must not contain control characters"
	case verb == "*" && len(others) > 0:
		return ""
	}
	known := slices.Concat(verbs, others)
	if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, verb) }) {
		return ""
	}
	if meant.Misspelt(verb, known) != "" {
		return unknown("command", verb, known)
	}
	return ""
}

func (s *Scenario) checkUsers(f *files, bad wrong) {
	if len(s.Users) > maxUsers {
		bad("users", "there are more than %d users", maxUsers)
		return
	}
	seen := map[string]bool{}
	for i, u := range s.Users {
		path := at("users", i)
		switch {
		case u.Name == "" || strings.ContainsFunc(u.Name, func(r rune) bool { return r <= ' ' || r == 0x7F }):
			bad(path+".name", "a user needs a name without blanks")
		case seen[u.Name]:
			bad(path+".name", "the user %s already exists", u.Name)
		case u.EmptyPassword && (u.Password != "" || u.Token != ""):
			bad(path+".emptyPassword", "user %s has emptyPassword together with a password or a token; give only one of them", u.Name)
		case u.Password == "" && u.Token == "" && !u.EmptyPassword:
			bad(path, "the user %s needs a password or a token", u.Name)
		case strings.ContainsAny(u.Password+u.Token, "\r\n\x00"):
			bad(path, "a password or a token must be one line")
		}
		seen[u.Name] = true
		checkMail(u.Mailbox, path+".mailbox", f, bad)
	}
}

// checkExpect checks what is expected of all users together, and of each user.
func (s *Scenario) checkExpect(bad wrong, f *files) {
	known := s.knownIDs(f)
	s.Expect.check("expect", known, bad)
	own := 0
	for i, u := range s.Users {
		if u.Expect == nil {
			continue
		}
		own++
		if u.Mailbox != nil {
			known = ids{mail: [][]Mail{u.Mailbox}, rules: known.rules}
		}
		u.Expect.check(at("users", i)+".expect", known, bad)
	}
	if own > 0 && own == len(s.Users) && (s.Expect.Kept != nil || s.Expect.Deleted != nil) {
		bad("expect", "every user has expectations of its own; put kept and deleted there")
	}
}

// check checks the expectation at a path.
func (e *Expect) check(path string, known ids, bad wrong) {
	for name, list := range map[string][]string{"never": e.Never, "received": e.Received, "sequence": e.Sequence, "only": e.Only} {
		checkCommands(path+"."+name, list, bad)
	}
	for verb := range e.Exactly {
		if why := badCommand(verb, pop3Language().verbs, nil); why != "" || strings.Contains(verb, " ") {
			bad(path+".exactly."+verb, "expected a verb with a list of arguments, such as DELE: [1, 3]")
		}
	}
	for command := range e.Counts {
		if why := badCommand(command, pop3Language().verbs, nil); why != "" {
			bad(path+".counts."+command, "%s", why)
		}
	}
	known.check(path+".kept", e.Kept, bad)
	known.check(path+".deleted", e.Deleted, bad)
	for i, uid := range e.Deleted {
		if slices.Contains(e.Kept, uid) {
			bad(at(path+".deleted", i), "%s is listed under both kept and deleted", uid)
		}
	}
}

func checkCommands(path string, list []string, bad wrong) {
	for i, command := range list {
		if why := badCommand(command, pop3Language().verbs, nil); why != "" {
			bad(at(path, i), "%s", why)
		}
	}
}

func (s *Scenario) checkMTM(bad wrong, f *files) {
	checkCommands("mtm.never", s.MTM.Never, bad)
	if s.MTM.EmptyPassword && s.MTM.Password != "" {
		bad("mtm.emptyPassword", "give either emptyPassword or password, not both")
	}
	if len(s.MTM.Runs) > maxRuns {
		bad("mtm.runs", "at most %d runs", maxRuns)
	}
	known := s.knownIDs(f)
	known.check("mtm.altered", s.MTM.Altered, bad)
	for i, run := range s.MTM.Runs {
		known.check(at("mtm.runs", i)+".stored", run.Stored, bad)
		known.check(at("mtm.runs", i)+".failed", run.Failed, bad)
	}
}
