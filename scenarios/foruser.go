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

// ForUser is a scenario as one user of a server that others use too can have it.
type ForUser struct {
	// User has the settings that are of a user.
	User fakeserver.User
	// Mail is that of the scenario; nil when it has none.
	Mail []maildrop.Message
	// Rules are those of the scenario, its quirks and its profile, in order.
	Rules []Rule
	// Early names what a server does before it knows the user, and so cannot do for one user.
	Early []string
}

// ForUser returns the scenario for a user with these credentials and this maildrop.
func (s *Scenario) ForUser(u fakeserver.User) (*ForUser, error) {
	p := &Play{scenario: s}
	var err error
	if p.gathered, err = s.gather(); err != nil {
		return nil, err
	}
	if len(s.Users) > 0 {
		return nil, fmt.Errorf("a scenario with users is for a whole server: leave users out, and put their mail into mailbox")
	}
	var o fakeserver.Options
	p.settings.TLS = "" // it is named under Early; a certificate takes time
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

// ofOneUser are the settings that a server can have for one user.
func ofOneUser() []string {
	return []string{"capabilities", "without", "mechanisms", "loginDelay", "deletes", "shows", "anyPassword"}
}

// early returns the words of the scenario about what comes before the user is known. What a profile
// brings is not counted: its faults are there for those who imitate that server.
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

// Early returns what of the scenario a server does before it knows the user, as ForUser names it.
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

// ParseName returns the name of a built-in scenario, if the words are nothing but name: NAME, as
// YAML or JSON. The error is of type Errors.
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
		return "", nil // it is a scenario, or wrong as one
	}
	return scalar(d.resolve(all[0].value)), nil
}

// ParseFor is like Parse for a user whose mailbox has messages with these unique-ids, which
// expectations may name.
func ParseFor(name string, data []byte, uids []string) ([]*Scenario, error) {
	return parse(name, data, &files{read: map[string][]byte{}, uids: uids})
}

// ParseExpect reads what is expected of a client, YAML or JSON: what stands under expect in a
// scenario. Unique-ids are not checked: mail may come later. The error is of type Errors.
func ParseExpect(data []byte) (*Expect, error) {
	all, err := parsePart(data, func(list []Expect, _ *files, bad wrong) {
		if len(list) != 1 {
			bad("", "here stand names with values, such as {never: [DELE]}")
			return
		}
		list[0].check("", ids{any: true}, func(path, format string, args ...any) { bad(strings.TrimPrefix(path, "."), format, args...) })
	})
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}
