package control

import (
	"slices"
	"sync"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/scenarios"
)

// tenant is what is known of a user beside what the server knows.
type tenant struct {
	name string

	mu       sync.Mutex
	user     fakeserver.User
	drop     *fakeserver.Maildrop
	changing bool               // the mail is in memory and can be changed
	mail     []maildrop.Message // that was put into the mailbox, and that a reset puts back
	rules    []*rule            // the first one answers
	lastRule int                // the number in the id of the newest rule
	scenario *scenarios.Scenario
	since    time.Time // of the creation, or the last reset
}

// rule is a rule of a tenant.
type rule struct {
	id    string
	words scenarios.Rule
	added *fakeserver.Rule
}

// adopted returns a tenant for a user who exists. A mailbox that is not in memory is served, but not
// changed or put back.
func adopted(name string, user fakeserver.User, shared *fakeserver.Maildrop) *tenant {
	t := &tenant{name: name, user: user, drop: user.Maildrop, since: time.Now()}
	if t.drop == nil {
		t.drop = shared
	}
	if t.changing = t.drop.Changeable(); t.changing {
		t.mail = t.drop.Messages()
	}
	return t
}

// octets returns those of the mail that a reset puts back.
func (t *tenant) octets() (sum int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return octetsOf(t.mail)
}

func octetsOf(mail []maildrop.Message) (sum int64) {
	for _, m := range mail {
		sum += m.Size()
	}
	return sum
}

// keeping returns the mail that a reset puts back without messages of these unique-ids. t.mu is
// locked.
func (t *tenant) keeping(gone func(uid string) bool) []maildrop.Message {
	return slices.DeleteFunc(slices.Clone(t.mail), func(m maildrop.Message) bool { return gone(m.UID()) })
}
