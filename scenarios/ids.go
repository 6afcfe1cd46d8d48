package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"pop3mtm/fakeserver/maildrop"
)

// ids holds the unique-ids that messages of a scenario may have.
type ids struct {
	mail  [][]Mail
	rules []Rule
	other []string // of messages outside of the scenario
	any   bool     // the mail is not known: accept each unique-id
	// all returns ids that include those of quirks and profile; nil when they are included already.
	// It is slow.
	all func() ids
}

// knownIDs returns the unique-ids that messages of the scenario may have: those of all mailboxes,
// and of mail that rules add.
func (s *Scenario) knownIDs(f *files) ids {
	known := ids{mail: [][]Mail{s.Mailbox}, rules: s.Rules, other: f.uids}
	for _, u := range s.Users {
		known.mail = append(known.mail, u.Mailbox)
	}
	known.all = sync.OnceValue(func() ids {
		all := ids{mail: slices.Clone(known.mail), rules: known.rules, other: known.other}
		if p, err := s.gather(); err == nil { // else check reports the mistake
			all.mail[0], all.rules = p.mail, p.rules
		}
		return all
	})
	return known
}

// check reports unique-ids that no message has: an expectation with them would always, or never, be
// met.
func (k ids) check(path string, list []string, bad wrong) {
	for i, uid := range list {
		if k.has(uid) {
			continue
		}
		if k.all != nil {
			k = k.all()
		}
		if !k.has(uid) {
			bad(at(path, i), "%s", unknown("message with the unique-id", uid, k.named()))
		}
	}
}

// has reports whether a message may have this unique-id, perhaps with a suffix that a rule appends
// to all of them.
func (k ids) has(uid string) bool {
	if k.any || slices.Contains(k.other, uid) {
		return true
	}
	for _, mail := range k.mailboxes() {
		for i := range mail {
			if mail[i].has(uid) {
				return true
			}
		}
	}
	for _, suffix := range renewals(k.rules) {
		if before, cut := strings.CutSuffix(uid, suffix); cut && k.has(before) {
			return true
		}
	}
	return false
}

// mailboxes returns the mailboxes, and the mail that rules add.
func (k ids) mailboxes() [][]Mail {
	all := slices.Clone(k.mail)
	for _, r := range k.rules {
		for _, a := range slices.Concat(r.Before, r.After) {
			all = append(all, a.Add, a.Replace)
		}
	}
	return all
}

// named returns the unique-ids that the scenario names; of messages with a count, the first one.
func (k ids) named() (names []string) {
	for _, mail := range k.mailboxes() {
		for i := range mail {
			if uid := mail[i].uid(0); uid != "" && !slices.Contains(names, uid) {
				names = append(names, uid)
			}
		}
	}
	return append(names, k.other...)
}

// has reports whether one of these messages has a unique-id.
func (m *Mail) has(uid string) bool {
	if m.UIDL != "" && m.Count == 0 {
		return uid == m.UIDL
	}
	if m.UIDL != "" {
		rest, cut := strings.CutPrefix(uid, m.UIDL)
		n := 0
		_, err := fmt.Sscanf(rest, "%d", &n)
		return cut && err == nil && n >= 1 && n <= m.count() && rest == fmt.Sprint(n)
	}
	if len(uid) < 32 { // a digest, perhaps followed by a number
		return false
	}
	return slices.ContainsFunc(messages([]Mail{*m}), func(one maildrop.Message) bool { return strings.HasPrefix(uid, one.UID()) })
}

// renewals returns the suffixes that rules append to unique-ids.
func renewals(rules []Rule) (all []string) {
	for _, r := range rules {
		for _, a := range slices.Concat(r.Before, r.After) {
			if a.RenewUIDs != "" {
				all = append(all, a.RenewUIDs)
			}
		}
	}
	return all
}
