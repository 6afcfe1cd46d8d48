package scenarios

import (
	"reflect"
	"slices"
	"strings"
)

// gathered is a scenario together with the settings, rules and mail of its quirks and its profile.
type gathered struct {
	settings Server
	rules    []Rule // the first one wins
	mail     []Mail
}

// gather combines the scenario with its quirks and its profile; the scenario itself comes first.
// Rules of a quirk are left out where the scenario has rules on the same verb.
func (s *Scenario) gather() (p gathered, err error) {
	profile := &Profile{}
	if s.Profile != "" {
		if profile, err = ProfileByName(s.Profile); err != nil {
			return p, err
		}
	}
	p.settings, p.rules, p.mail = s.Settings, slices.Clone(s.Rules), s.Mailbox
	p.settings.take(profile.Settings)
	if p.mail == nil {
		p.mail = profile.Mailbox
	}
	for _, n := range slices.Concat(s.Quirk, profile.Quirk) {
		q, err := QuirkByNumber(n)
		if err != nil {
			return p, err
		}
		p.settings.take(q.Settings)
		for _, r := range q.Rules {
			if !slices.ContainsFunc(s.Rules, func(own Rule) bool { return own.verb() == r.verb() }) {
				p.rules = append(p.rules, r)
			}
		}
	}
	p.rules = append(p.rules, profile.Rules...)
	return p, nil
}

// take fills the settings that are not set from other.
func (s *Server) take(other Server) {
	mine, theirs := reflect.ValueOf(s).Elem(), reflect.ValueOf(other)
	for i := range mine.NumField() {
		if f := mine.Field(i); f.IsZero() {
			f.Set(theirs.Field(i))
		}
	}
}

func (r Rule) verb() string {
	verb, _, _ := strings.Cut(r.On, " ")
	return strings.ToUpper(verb)
}
