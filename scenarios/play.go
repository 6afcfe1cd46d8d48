package scenarios

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"pop3mtm/fakeserver"
)

// Check judges the client after it has disconnected. It waits at most five seconds for open
// sessions to end. It returns nil if all expectations are met; otherwise the error joins one
// *Failure for each expectation that is not met.
func (p *Play) Check(ctx context.Context) error { return p.Verdict(ctx).Err() }

// CheckMTM judges the MTM by the expectations under the key mtm that transcripts can show.
func (p *Play) CheckMTM() error {
	j := newJudge(&Happened{Transcripts: p.Transcripts()}, Expectation{}, "")
	j.never(p.scenario.MTM.Never)
	return (&Verdict{Checks: j.checks}).Err()
}

// patience limits the time that a verdict waits for sessions to end.
const patience = 5 * time.Second

// Verdict judges the client like Check, and also lists the expectations that were met. It may be
// called several times.
func (p *Play) Verdict(ctx context.Context) *Verdict {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = p.Wait(waiting) // the verdict reports open sessions
	h := Happened{Transcripts: p.Transcripts(), Mailboxes: p.mailboxes}
	h.Lost = p.Sessions() - len(h.Transcripts)
	if unmet, ok := errors.AsType[*fakeserver.UnmetError](p.Unmet()); ok {
		for _, m := range unmet.Rules {
			h.Unmet = append(h.Unmet, m.String())
		}
	}
	h.Mailboxes = slices.DeleteFunc(slices.Clone(h.Mailboxes), func(m Mailbox) bool { return m.Other && !p.visited(m, h.Transcripts) })
	expected := []Expectation{{Expect: p.scenario.Expect}}
	for _, u := range p.scenario.Users {
		if u.Expect != nil {
			expected = append(expected, Expectation{u.Name, *u.Expect})
		}
	}
	return Judge(p.scenario, expected, h)
}

// visited reports whether a user of the mailbox had a session. Where several users have copies of
// the same mail, only the mailboxes that were visited are judged; without any session all are.
func (p *Play) visited(m Mailbox, sessions []fakeserver.Transcript) bool {
	return len(sessions) == 0 || slices.ContainsFunc(sessions, func(t fakeserver.Transcript) bool { return slices.Contains(m.Users, t.User) })
}

// Expected returns what is expected of the sessions of a user, and the mailboxes to which kept and
// deleted apply. For a user without expectations it returns those about all users.
func (p *Play) Expected(user string) (Expect, []Mailbox) {
	expect := p.scenario.Expect
	for _, u := range p.scenario.Users {
		if u.Name == user && u.Expect != nil {
			expect = *u.Expect
		}
	}
	var boxes []Mailbox
	for _, m := range p.mailboxes {
		if slices.Contains(m.Users, user) {
			boxes = append(boxes, m)
		}
	}
	return expect, boxes
}

// watch remembers what the mailboxes of the server have in the beginning.
func (p *Play) watch(users map[string]fakeserver.User) {
	suffixes := renewals(p.rules)
	byDrop := map[*fakeserver.Maildrop]int{}
	for _, name := range slices.Sorted(maps.Keys(users)) {
		drop := users[name].Maildrop
		if drop == nil {
			drop = p.Maildrop
		}
		i, known := byDrop[drop]
		if !known {
			i = len(p.mailboxes)
			byDrop[drop] = i
			p.mailboxes = append(p.mailboxes, Mailbox{Drop: drop, IDs: p.uids, Other: drop != p.Maildrop, Suffixes: suffixes})
		}
		p.mailboxes[i].takeUser(name, p.scenario.Users)
	}
	for i := range p.mailboxes {
		if m := &p.mailboxes[i]; m.Other {
			m.Began, _ = m.Drop.List() // without a list there is nothing to compare
		}
	}
}

// takeUser adds a user to those who have the mailbox.
func (m *Mailbox) takeUser(name string, users []User) {
	m.Users = append(m.Users, name)
	by := ""
	for _, u := range users {
		if u.Name != name {
			continue
		}
		if u.Mailbox != nil {
			m.IDs, m.Other = m.Drop.UIDs(), false
		}
		if u.Expect != nil {
			by = name
		}
	}
	if !slices.Contains(m.Judged, by) {
		m.Judged = append(m.Judged, by)
	}
}
