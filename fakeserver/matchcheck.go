package fakeserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pop3mtm/internal/words"
)

// vocabulary holds the verbs that rules and matchers of a server may name.
type vocabulary struct{ verbs, events []string }

func wordsOf(verbs []Verb) vocabulary {
	v := vocabulary{events: append(PseudoVerbs(), ".")}
	for _, verb := range verbs {
		v.verbs = append(v.verbs, verb.Name)
	}
	return v
}

// check returns an error when m can match no command, or when its verb is probably misspelt. A verb
// that is unlike all known ones is allowed, since clients may send any.
func (m Match) check(v vocabulary) error {
	event := contains(v.events, m.Verb)
	switch {
	case m.Verb == "*":
		return errors.New(`the verb "*" matches nothing: leave Verb empty for any command`)
	case strings.Contains(m.Verb, " "):
		verb, args, _ := strings.Cut(m.Verb, " ")
		return fmt.Errorf("the verb %q has a blank: write Verb: %q, Args: %q", m.Verb, verb, args)
	case strings.ContainsFunc(m.Verb+m.Args, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return fmt.Errorf("%q has a control character, which no command has", m.Verb+" "+m.Args)
	case m.Alone && m.Args != "":
		return fmt.Errorf("a command has no arguments (Alone) or the arguments %q, not both", m.Args)
	case m.Nth < 0 || m.From < 0 || m.Session < 0:
		return errors.New("the fields Nth, From and Session count from 1")
	case m.Nth > 0 && m.From > m.Nth:
		return fmt.Errorf("no command is number %d and from number %d on", m.Nth, m.From)
	case m.State&^(Connecting|Authorization|Transaction|Update) != 0:
		return fmt.Errorf("%d is not a State", m.State)
	case event && (m.Args != "" || m.Alone) && !strings.EqualFold(m.Verb, responseVerb):
		return fmt.Errorf("%s is an event without arguments: leave Args empty", strings.ToUpper(m.Verb))
	case m.Verb != "" && !event:
		return checkVerb(m.Verb, slices.Concat(v.verbs, v.events))
	}
	return nil
}

// checkVerb returns an error for a verb that is nearly a known one.
func checkVerb(verb string, known []string) error {
	if contains(known, verb) {
		return nil
	}
	if near := words.Misspelt(verb, known); near != "" {
		return fmt.Errorf("there is no command %q, but there is %q", verb, near)
	}
	return nil
}
