package check

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios"
)

// Named returns the named cases, sorted by id: the cases of the built-in scenarios, and those in
// which the client is killed.
func Named() ([]*Case, error) { return named() }

var named = sync.OnceValues(func() ([]*Case, error) {
	all := killings()
	for _, name := range scenarios.Names() {
		variants, err := scenarios.LoadAll(name)
		if err != nil {
			return nil, err
		}
		cases, err := fromScenario(name, variants)
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return sorted(all), nil
})

// FromScenario returns the cases of a scenario file.
func FromScenario(path string) ([]*Case, error) {
	variants, err := scenarios.LoadAll(path)
	if err != nil {
		return nil, err
	}
	cases, err := fromScenario(path, variants)
	for _, c := range cases {
		c.file = path
		if variant := c.scenario.Case(); variant != "" {
			c.file += "#" + variant
		}
	}
	return cases, err
}

// fromScenario returns a case for each variant with a different server. Variants that differ only
// in settings of our own client are left out.
func fromScenario(name string, variants []*scenarios.Scenario) ([]*Case, error) {
	var all []*Case
	seen := map[string]bool{}
	ids := map[string]int{}
	for _, s := range variants {
		if !forAnyClient(s) {
			continue
		}
		text, err := identity(s)
		if err != nil {
			return nil, err
		}
		if seen[text] {
			continue
		}
		seen[text] = true
		c := newCase(caseID(name, s.Name(), ids), s)
		all = append(all, c)
	}
	return all, nil
}

// forAnyClient reports whether a scenario can be a case for any client. Scenarios about SMTP, about
// the client's own pace, and with long waits cannot.
func forAnyClient(s *scenarios.Scenario) bool {
	if len(s.SMTP) > 0 || s.MTM.Take == scenarios.Headers {
		return false
	}
	for _, r := range s.MTM.Runs {
		if r.Slow > 0 || r.Stays > 0 {
			return false
		}
	}
	return waits(s.Rules) <= longest
}

// longest limits the time that the server is slow in a named case.
const longest = 10 * time.Second

// waits returns the sum of the waits in the rules.
func waits(rules []scenarios.Rule) time.Duration {
	total := time.Duration(0)
	for _, r := range rules {
		total += stepsWait(r.Do)
	}
	return total
}

func stepsWait(steps []scenarios.Step) time.Duration {
	total := time.Duration(0)
	for _, s := range steps {
		switch v := s.Value.(type) {
		case scenarios.Duration:
			total += time.Duration(v)
		case scenarios.PauseAt:
			total += time.Duration(v.For)
		case scenarios.Drip:
			total += 100 * time.Duration(v.Every)
		case []scenarios.Step:
			total += stepsWait(v)
		case scenarios.IfStatus:
			total += stepsWait(v.Do)
		}
		if s.Word == "bandwidth" {
			total += longest + 1
		}
	}
	return total
}

// identity returns a text that is equal for scenarios whose servers do the same.
func identity(s *scenarios.Scenario) (string, error) {
	text, err := json.Marshal([]any{s.Settings, s.Mailbox, s.Users, s.Rules, s.Quirk, s.Profile, s.MTM.Password, s.MTM.EmptyPassword, s.Check})
	return string(text), err
}

// caseID turns retr-drop#after=1200,how=close into retr-drop@1200/close. Values for settings of our
// own client are left out unless two cases would get the same id.
func caseID(file, variant string, ids map[string]int) string {
	_, values, several := strings.Cut(variant, "#")
	if !several {
		return file
	}
	var short, long []string
	for part := range strings.SplitSeq(values, ",") {
		key, value, named := strings.Cut(part, "=")
		if !named {
			value = key
		}
		if value == "" {
			value = "none"
		}
		long = append(long, value)
		if !named || key != "auth" && key != "take" {
			short = append(short, value)
		}
	}
	id := file
	if len(short) > 0 {
		id += "@" + strings.Join(short, "/")
	}
	if ids[id]++; ids[id] > 1 {
		id = file + "@" + strings.Join(long, "/")
	}
	return id
}

func newCase(id string, s *scenarios.Scenario) *Case {
	c := &Case{ID: id, Title: s.Title, Requirement: s.Why, Severity: severity(s), Needs: needs(s), scenario: s}
	if c.Requirement == "" {
		c.Requirement = "Whatever the server does, no mail is lost, and none is stored incomplete."
	}
	for _, section := range s.RFC {
		c.RFC = append(c.RFC, string(section))
	}
	c.Quirk = slices.Clone(s.Quirk)
	c.Accepted = slices.Clone(s.Check.Accepted)
	if c.Visits = s.Check.Visits; c.Visits == 0 {
		c.Visits = min(max(len(s.MTM.Runs), 2), 4)
	}
	return c
}

// needs returns the abilities without which a client cannot meet the fault of a scenario.
func needs(s *scenarios.Scenario) []scenarios.Ability {
	var all []scenarios.Ability
	switch s.Settings.TLS {
	case scenarios.STLS, scenarios.RequiredTLS:
		all = append(all, scenarios.UsesSTLS)
	case scenarios.ImplicitTLS:
		all = append(all, scenarios.UsesImplicit)
	}
	if len(s.Users) > 0 && s.Users[0].Password == "" && s.Users[0].Token != "" {
		all = append(all, scenarios.Tokens)
	}
	for _, r := range s.Rules {
		verb, _, _ := strings.Cut(r.On, " ")
		for a, of := range map[scenarios.Ability]string{scenarios.Moves: "DELE", scenarios.Tops: "TOP", scenarios.UIDLs: "UIDL", scenarios.CAPAs: "CAPA", scenarios.APOPs: "APOP"} {
			if r.Required && verb == of && !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	all = append(all, s.Check.Needs...)
	slices.Sort(all)
	return slices.Compact(all)
}

// killings returns the cases in which the client is killed when the server answers a deletion: at
// QUIT on a correct server, at DELE on one that deletes at once.
func killings() []*Case {
	mailbox := cleanMail()
	var all []*Case
	for _, k := range []struct {
		id  string
		nth int
	}{{"killed-at-dele@1", 1}, {"killed-at-dele@2", 2}, {"killed-at-dele@3", 3}} {
		s := &scenarios.Scenario{Title: "The client is killed at a deletion, on a server that deletes at once", Mailbox: mailbox}
		all = append(all, &Case{ID: k.id, Title: s.Title, Severity: Tolerance, Quirk: []int{66}, RFC: []string{"1939/6"}, Needs: []scenarios.Ability{scenarios.Moves, scenarios.Killable},
			Requirement: "A message is stored before DELE is sent for it, since some servers delete without waiting for QUIT.", Visits: 2, scenario: s, kill: &killing{verb: "DELE", nth: k.nth},
			deletes: func(l fakeserver.Leaving) bool { return l.Marked }})
	}
	s := &scenarios.Scenario{Title: "The client is killed at the reply to QUIT, when the server has deleted", Mailbox: mailbox}
	return append(all, &Case{ID: "killed-at-quit", Title: s.Title, Severity: Must, RFC: []string{"1939/6"}, Needs: []scenarios.Ability{scenarios.Moves, scenarios.Killable},
		Requirement: "A message that is marked for deletion is stored before QUIT is sent.", Visits: 2, scenario: s, kill: &killing{verb: "QUIT"}})
}
