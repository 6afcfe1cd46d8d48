package scenarios

import (
	"slices"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
)

// Mailbox holds what a mailbox had in the beginning and what it has now, to judge it.
type Mailbox struct {
	// Judged names the users whose expectations are about this mailbox; "" stands for the
	// expectations about all users.
	Judged []string
	// Users are the users who have this mailbox.
	Users []string
	Drop  *fakeserver.Maildrop
	// IDs are the unique-ids that expectations use. They are those of the mailbox, unless Other is
	// set: then the n-th of them stands for message n of Began.
	IDs   []string
	Other bool
	// Began is the mail at the beginning. It is needed when Other is set.
	Began maildrop.List
	// Suffixes are those that rules may have appended to unique-ids.
	Suffixes []string
}

// kept judges what the mailboxes have now.
func (j *judge) kept() {
	if want := j.expect.Kept; want != nil {
		j.check("kept " + told(want))
		unclaimed := slices.Clone(want)
		for _, m := range j.mailboxes {
			unclaimed = difference(unclaimed, m.known(unclaimed))
		}
		for i, m := range j.mailboxes {
			mine := m.known(want)
			if i == 0 {
				mine = append(mine, unclaimed...)
			}
			j.keeps(m, mine, told(want))
		}
	}
	for _, uid := range j.expect.Deleted {
		j.check("deleted " + uid)
		for _, m := range j.mailboxes {
			if actual := m.actual(uid); actual != "" && slices.Contains(m.now(), actual) {
				j.fail("message "+uid+" to be deleted", "it is still there"+m.called(uid, actual), j.near("DELE"), nil)
			}
		}
	}
}

// keeps adds a failure unless a mailbox has exactly the messages with these ids.
func (j *judge) keeps(m Mailbox, want []string, told string) {
	missing, extra := m.compare(want)
	if len(missing) > 0 {
		j.fail("the server to keep "+told, strings.Join(missing, ", ")+" deleted", j.shown("DELE"), j.last("DELE"))
	}
	if len(extra) > 0 {
		j.fail("the server to keep "+told, strings.Join(extra, ", ")+" not deleted", j.near("DELE"), nil)
	}
}

// compare returns the wanted messages that are missing, and the messages that are not wanted.
func (m Mailbox) compare(want []string) (missing, extra []string) {
	now := m.now()
	if !m.Other {
		return difference(want, now), difference(now, want)
	}
	there := map[string]bool{}
	for _, uid := range now {
		there[uid] = true
	}
	for i := range m.began() {
		id, actual := "", m.renamed(m.Began.At(i).UID(), there)
		if i < len(m.IDs) {
			id = m.IDs[i]
		}
		switch keep, judged := m.keep(i, want); {
		case judged && keep && !there[actual]:
			missing = append(missing, m.name(id, actual))
		case judged && !keep && there[actual]:
			extra = append(extra, m.name(id, actual))
		}
	}
	for _, id := range want { // mail that arrived later
		if m.index(id) < 0 && !there[id] {
			missing = append(missing, id)
		}
	}
	return missing, extra
}

// keep reports whether message i of other mail is to be kept. Messages beyond the scenario's are to
// be kept when all of the scenario's are, to be deleted when none is, and otherwise not judged.
func (m Mailbox) keep(i int, want []string) (keep, judged bool) {
	if i < len(m.IDs) {
		return slices.ContainsFunc(want, func(id string) bool { return m.index(id) == i }), true
	}
	kept := 0
	for n := range m.IDs {
		if one, _ := m.keep(n, want); one {
			kept++
		}
	}
	return kept > 0, kept == len(m.IDs) && kept > 0 || len(want) == 0
}

// began returns the number of messages that the mailbox began with.
func (m Mailbox) began() int {
	if m.Began == nil {
		return 0
	}
	return m.Began.Len()
}

// now returns the unique-ids that the mailbox has.
func (m Mailbox) now() []string { return m.Drop.UIDs() }

// known returns the ids of a list that belong to messages of this mailbox, now or at the beginning.
func (m Mailbox) known(ids []string) (known []string) {
	now := m.now()
	for _, id := range ids {
		if m.index(id) >= 0 || slices.Contains(now, id) {
			known = append(known, id)
		}
	}
	return known
}

// index returns the place of an id among those at the beginning. The id may have a suffix.
func (m Mailbox) index(id string) int {
	if i := slices.Index(m.IDs, id); i >= 0 {
		return i
	}
	for _, suffix := range m.Suffixes {
		if before, cut := strings.CutSuffix(id, suffix); cut {
			return m.index(before)
		}
	}
	return -1
}

// actual returns the unique-id of the message for which an id stands, or "".
func (m Mailbox) actual(id string) string {
	if !m.Other {
		return id
	}
	if i := m.index(id); i >= 0 && i < m.began() {
		there := map[string]bool{}
		for _, uid := range m.now() {
			there[uid] = true
		}
		return m.renamed(m.Began.At(i).UID(), there)
	}
	return id
}

// renamed returns the unique-id that a message has now, after rules may have appended suffixes.
func (m Mailbox) renamed(uid string, there map[string]bool) string {
	for _, suffix := range m.Suffixes {
		if !there[uid] && there[uid+suffix] {
			return uid + suffix
		}
	}
	return uid
}

// name returns the name of a message in failures.
func (m Mailbox) name(id, actual string) string {
	if id == "" || id == actual {
		return actual
	}
	return id + " (" + actual + ")"
}

func (m Mailbox) called(id, actual string) string {
	if id == actual {
		return ""
	}
	return ", as " + actual
}
