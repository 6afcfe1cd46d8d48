package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
)

// ForUser is the part of a scenario that a server can play for one user while other users are
// served too.
type ForUser struct {
	// User holds the settings that a server can have for one user.
	User fakeserver.User
	// Mail is the mail of the scenario; nil when it has none.
	Mail []maildrop.Message
	// Rules are the rules of the scenario, of its quirks and of its profile, in order.
	Rules []Rule
	// Early names the keys about what a server does before it knows the user; a server cannot do
	// that for one user only.
	Early []string
}

// ForUser returns the part of the scenario that can be played for a user with these credentials and
// this maildrop. It fails for a scenario with users of its own.
func (s *Scenario) ForUser(u fakeserver.User) (*ForUser, error) {
	p := &Play{scenario: s}
	var err error
	if p.gathered, err = s.gather(); err != nil {
		return nil, err
	}
	if len(s.Users) > 0 {
		return nil, fmt.Errorf("a scenario with users needs a whole server: remove users, and put their mail under mailbox")
	}
	var o fakeserver.Options
	p.settings.TLS = "" // Early names it; making a certificate would only take time
	p.configure(&o)
	out := &ForUser{User: fakeserver.User{Password: u.Password, Token: u.Token, AnyPassword: u.AnyPassword, Maildrop: u.Maildrop}, Rules: p.rules}
	out.User.Capabilities, out.User.Without, out.User.Mechanisms = o.Capabilities, o.Without, o.Mechanisms
	out.User.LoginDelay, out.User.Views, out.User.Deletes = o.LoginDelay, o.Views, o.Deletes
	out.User.AnyPassword = out.User.AnyPassword || p.settings.AnyPassword
	if p.mail != nil {
		out.Mail = messages(p.mail)
		if out.Mail == nil {
			out.Mail = []maildrop.Message{}
		}
	}
	out.Early = s.early(p.rules)
	return out, nil
}

// ofOneUser returns the keys of the settings that a server can have for one user.
func ofOneUser() []string {
	return []string{"capabilities", "without", "mechanisms", "loginDelay", "deletes", "shows", "anyPassword"}
}

// early returns the keys of the scenario about what happens before the user is known. Faults of a
// profile are not reported: they belong to the server that is imitated.
func (s *Scenario) early(rules []Rule) (found []string) {
	settings := reflect.ValueOf(s.Settings)
	for _, f := range fieldsOf(settings.Type()) {
		if !settings.Field(f.index).IsZero() && !slices.Contains(ofOneUser(), f.name) {
			found = append(found, "server: "+f.name)
		}
	}
	for _, r := range rules {
		switch verb := r.verb(); verb {
		case "CONNECT", "TLS", "RESPONSE", "AUTH", "STLS":
			found = append(found, "on: "+verb)
		}
	}
	if len(s.SMTP) > 0 {
		found = append(found, "smtp")
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Early returns the keys of the scenario about what a server does before it knows the user, as
// ForUser.Early has them.
func (s *Scenario) Early() ([]string, error) {
	p, err := s.gather()
	if err != nil {
		return nil, err
	}
	found := s.early(p.rules)
	if len(s.Users) > 0 {
		found = append(found, "users")
	}
	return found, nil
}

// ParseName returns NAME if data is nothing but name: NAME, as YAML or JSON, and else "". The error
// is of type Errors.
func ParseName(data []byte) (string, error) {
	d := &decoder{}
	root := d.read(data)
	if root == nil {
		return "", d.errs
	}
	d.begin(variant{})
	if _, list := d.resolve(root).(*ast.SequenceNode); list {
		return "", nil
	}
	all := d.entries(d.resolve(root))
	if d.errs != nil || len(all) != 1 || all[0].name != "name" {
		return "", nil // it is a scenario, or is checked as one
	}
	return scalar(d.resolve(all[0].value)), nil
}

// ParseFor is like Parse, for a user whose mailbox already has messages with these unique-ids:
// expectations may name them.
func ParseFor(name string, data []byte, uids []string) ([]*Scenario, error) {
	return parse(name, data, &files{read: map[string][]byte{}, uids: uids})
}

// ParseExpect reads expectations, in the form of the key expect of a scenario, as YAML or JSON.
// Unique-ids are not checked, since mail may arrive later. The error is of type Errors.
func ParseExpect(data []byte) (*Expect, error) {
	all, err := parsePart(data, func(list []Expect, _ *files, bad wrong) {
		if len(list) != 1 {
			bad("", "expected names with values, such as {never: [DELE]}")
			return
		}
		list[0].check("", ids{any: true}, func(path, format string, args ...any) { bad(strings.TrimPrefix(path, "."), format, args...) })
	})
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}
