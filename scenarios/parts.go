package scenarios

import (
	"reflect"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
)

// ParseRules reads a rule or a list of rules, as YAML or JSON. The error is of type Errors.
func ParseRules(data []byte) ([]Rule, error) {
	return parsePart(data, func(rules []Rule, f *files, bad wrong) {
		checkRules(rules, slices.Collect(usersOf(rules)), f, bad)
	})
}

// usersOf returns the users that rules name. The caller decides whether they exist.
func usersOf(rules []Rule) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, r := range rules {
			if r.User != "" && !yield(r.User) {
				return
			}
		}
	}
}

// ParseMail reads a message or a list of messages, in the form of the key mailbox of a scenario, as
// YAML or JSON. The key file can only name built-in messages. The error is of type Errors.
func ParseMail(data []byte) ([]Mail, error) {
	return parsePart(data, func(mail []Mail, f *files, bad wrong) { checkMail(mail, "", f, bad) })
}

// Weight returns the memory that the messages of a parsed mailbox take, in octets.
func Weight(mail []Mail) (octets int64) {
	for i := range mail {
		octets += mail[i].octets()
	}
	return octets
}

// Messages returns the messages of a parsed mailbox.
func Messages(mail []Mail) []maildrop.Message { return messages(mail) }

// AddTo puts the rule at the front of the rules of a POP3 server. A user that is not "" restricts
// it to the sessions of that user, whatever user the rule itself names.
func (r Rule) AddTo(server *fakeserver.Server, user string) *fakeserver.Rule {
	if user != "" {
		r.User = user
	}
	return addTo(server, r, pop3Grammar)
}

// parsePart reads one item or a list of items, and calls check for them.
func parsePart[T any](data []byte, check func(items []T, f *files, bad wrong)) ([]T, error) {
	d := &decoder{}
	root := d.read(data)
	if root == nil {
		return nil, d.errs
	}
	d.begin(variant{})
	var items []T
	if _, list := d.resolve(root).(*ast.SequenceNode); list {
		d.into(root, reflect.ValueOf(&items).Elem())
	} else {
		items = make([]T, 1)
		d.into(root, reflect.ValueOf(&items[0]).Elem())
	}
	if d.errs == nil {
		check(items, noFiles(), d.wrongAt)
	}
	if d.errs != nil {
		return nil, d.errs
	}
	return items, nil
}
