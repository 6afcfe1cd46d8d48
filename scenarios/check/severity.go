package check

import (
	"slices"
	"strings"

	"pop3mtm/scenarios"
)

// severity returns the severity of a scenario: Tolerance where the server breaks the RFC, Should
// where it lacks something optional, and otherwise Must.
func severity(s *scenarios.Scenario) Severity {
	settings, rules := []scenarios.Server{s.Settings}, slices.Clone(s.Rules)
	numbers := slices.Clone(s.Quirk)
	if p, err := scenarios.ProfileByName(s.Profile); err == nil {
		settings, rules, numbers = append(settings, p.Settings), append(rules, p.Rules...), append(numbers, p.Quirk...)
	}
	for _, n := range numbers {
		if q, err := scenarios.QuirkByNumber(n); err == nil {
			settings, rules = append(settings, q.Settings), append(rules, q.Rules...)
		}
	}
	lowest := Must
	for _, o := range settings {
		if one := severityOf(o); lowest.Reaches(one) {
			lowest = one
		}
	}
	for _, r := range rules {
		if breaksRFC(r) || reusesUID(s.Mailbox, r) {
			return Tolerance
		}
	}
	if slices.ContainsFunc(s.Mailbox, func(m scenarios.Mail) bool { return strings.Contains(string(m.Raw), "\x00") }) {
		return Tolerance // RFC 5322 section 2.2 allows no NUL
	}
	return lowest
}

// severityOf returns the severity that follows from the settings of the server.
func severityOf(o scenarios.Server) Severity {
	switch {
	case o.Deletes != "" && o.Deletes != scenarios.Marked, len(o.Shows) > 0, o.Shared, o.AnyPassword, o.LockAfterDrop > 0,
		o.MaxBadCommands > 0, len(o.Capabilities) > 0, len(o.LoginCapabilities) > 0:
		return Tolerance
	case len(o.Without) > 0, o.NeedsName, o.MaxLine > 0:
		return Should
	}
	return Must
}

// breaksRFC reports whether a rule makes the server do what a correct server never does. Any server
// may refuse a command, be slow, or lose the connection.
func breaksRFC(r scenarios.Rule) bool {
	if r.As != "" || slices.ContainsFunc(slices.Concat(r.Before, r.After), func(a scenarios.Action) bool { return len(a.Add) == 0 }) {
		return true
	}
	return slices.ContainsFunc(r.Do, stepBreaksRFC)
}

// reusesUID reports whether mail that arrives has the unique-id of other mail. RFC 1939 section 7:
// a unique-id persists, and is not used for two messages.
func reusesUID(mailbox []scenarios.Mail, r scenarios.Rule) bool {
	for _, a := range slices.Concat(r.Before, r.After) {
		for _, m := range a.Add {
			if m.UIDL != "" && slices.ContainsFunc(mailbox, func(old scenarios.Mail) bool { return old.UIDL == m.UIDL }) {
				return true
			}
		}
	}
	return false
}

// legal returns the steps after which an answer is still one that a correct server may give.
func legal() []string {
	return []string{"refuse", "status", "cut", "close", "end", "silence", "pause", "pauseAt", "pauseAfter",
		"drip", "bandwidth", "splitOctets", "splitLines", "splitAt", "takeEffect"}
}

func stepBreaksRFC(s scenarios.Step) bool {
	switch v := s.Value.(type) {
	case []scenarios.Step:
		return slices.ContainsFunc(v, stepBreaksRFC)
	case scenarios.IfStatus:
		return slices.ContainsFunc(v.Do, stepBreaksRFC)
	}
	return !slices.Contains(legal(), s.Word)
}
