package fakeserver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
)

// nearest is the number of similar commands that a failure shows.
const nearest = 3

// Check returns an error when m can match no command of POP3, or when its verb is probably
// misspelt. A verb that is unlike all known ones is allowed, since clients may send any.
func (m Match) Check() error { return m.check(wordsOf(Verbs())) }

// ReceivedMatcher is a Gomega matcher for received commands.
type ReceivedMatcher struct {
	pattern string
	session int
	times   int // negative: at least once
	alone   bool
	seen    []string
}

// HaveReceived matches a *Server or a Transcript that has received a command like pattern: a verb
// in any case, which means it with any arguments, or a verb and arguments, in which a * stands for
// any text. A pattern that no command can be like, or a misspelt verb, is an error.
func HaveReceived(pattern string) *ReceivedMatcher {
	return &ReceivedMatcher{pattern: pattern, times: -1}
}

// InSession restricts the matcher to one session, counted from 1.
func (m *ReceivedMatcher) InSession(n int) *ReceivedMatcher {
	m.session = n
	return m
}

// Alone requires the verb without arguments: LIST, but not LIST 1.
func (m *ReceivedMatcher) Alone() *ReceivedMatcher {
	m.alone = true
	return m
}

// Times requires the command exactly n times.
func (m *ReceivedMatcher) Times(n int) *ReceivedMatcher {
	m.times = n
	return m
}

// Match implements gomega's matcher.
func (m *ReceivedMatcher) Match(actual any) (bool, error) {
	var all []Transcript
	switch a := actual.(type) {
	case *Server:
		all = a.Transcripts()
	case Transcript:
		all = []Transcript{a}
	default:
		return false, fmt.Errorf("HaveReceived takes a *fakeserver.Server or a fakeserver.Transcript, not a %T", actual)
	}
	verb, args, _ := strings.Cut(m.pattern, " ")
	wanted := Match{Verb: verb, Args: args, Alone: m.alone}
	if verb == "*" {
		wanted.Verb = ""
	}
	if err := wanted.Check(); err != nil {
		return false, fmt.Errorf("HaveReceived(%q): %w", m.pattern, err)
	}
	count := 0
	m.seen = nil
	for _, t := range all {
		for _, c := range t.Commands {
			if m.session != 0 && m.session != t.Session {
				continue
			}
			m.seen = append(m.seen, fmt.Sprintf("session %d, %s: %s", t.Session, c.State, c))
			if wanted.Matches(t.Session, c) {
				count++
			}
		}
	}
	return count == m.times || m.times < 0 && count > 0, nil
}

// FailureMessage implements gomega's matcher.
func (m *ReceivedMatcher) FailureMessage(any) string { return m.text("to have received") }

// NegatedFailureMessage implements gomega's matcher.
func (m *ReceivedMatcher) NegatedFailureMessage(any) string { return m.text("not to have received") }

func (m *ReceivedMatcher) text(verb string) string {
	text := "Expected the server " + verb + " " + m.pattern
	if m.alone {
		text += " without arguments"
	}
	if m.times >= 0 {
		text += ", " + english.PluralWord(m.times, "once", fmt.Sprintf("%d times", m.times))
	}
	if m.session != 0 {
		text += fmt.Sprintf(" in session %d", m.session)
	}
	if len(m.seen) == 0 {
		return text + "\nIt has not received any command."
	}
	return text + "\nThe nearest of its commands:\n  " + strings.Join(closest(m.pattern, m.seen), "\n  ")
}

// closest returns the lines whose ends are most similar to pattern, the best first.
func closest(pattern string, lines []string) []string {
	likeness := func(line string) int {
		_, command, _ := strings.Cut(line, ": ")
		n := 0
		for n < min(len(command), len(pattern)) && command[n]|0x20 == pattern[n]|0x20 {
			n++
		}
		// similar in length as well
		return 4*n - max(len(command)-len(pattern), len(pattern)-len(command))
	}
	sorted := slices.Clone(lines)
	slices.SortStableFunc(sorted, func(a, b string) int { return likeness(b) - likeness(a) })
	return sorted[:min(len(sorted), nearest)]
}

// KeptMatcher is a Gomega matcher for the mail in a maildrop.
type KeptMatcher struct {
	want          []string
	missing, more []string
}

// HaveKept matches a *Maildrop, or the maildrop of a *Server, that holds exactly the messages with
// these unique-ids, in any order.
func HaveKept(uids ...string) *KeptMatcher { return &KeptMatcher{want: uids} }

// Match implements gomega's matcher.
func (m *KeptMatcher) Match(actual any) (bool, error) {
	var kept []string
	switch a := actual.(type) {
	case *Server:
		kept = a.drop.UIDs()
	case *Maildrop:
		kept = a.UIDs()
	default:
		return false, fmt.Errorf("HaveKept takes a *fakeserver.Maildrop or a *fakeserver.Server, not a %T", actual)
	}
	m.missing, m.more = without(m.want, kept), without(kept, m.want)
	return len(m.missing)+len(m.more) == 0, nil
}

// without returns a with one occurrence of each element of b removed.
func without(a, b []string) []string {
	rest := slices.Clone(a)
	for _, s := range b {
		if i := slices.Index(rest, s); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		}
	}
	return rest
}

// FailureMessage implements gomega's matcher.
func (m *KeptMatcher) FailureMessage(any) string {
	text := fmt.Sprintf("Expected the maildrop to have kept %q", m.want)
	if len(m.missing) > 0 {
		text += fmt.Sprintf("\nMissing: %q", m.missing)
	}
	if len(m.more) > 0 {
		text += fmt.Sprintf("\nUnexpected: %q", m.more)
	}
	return text
}

// NegatedFailureMessage implements gomega's matcher.
func (m *KeptMatcher) NegatedFailureMessage(any) string {
	return fmt.Sprintf("Expected the maildrop to have kept other messages than %q", m.want)
}
