package control

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/scenarios"
)

// tenant holds the data of a user beyond those of the server.
type tenant struct {
	name   string
	server atomic.Pointer[fakeserver.Server] // that serves the tenant
	base   fakeserver.User                   // the user's settings without a scenario
	drop   *fakeserver.Maildrop

	mu       sync.Mutex
	own      *ownPort           // nil: the tenant shares a server
	moved    chan struct{}      // closed when another server serves the tenant
	user     fakeserver.User    // as the server has it
	changing bool               // the mail is in memory and can be changed
	mail     []maildrop.Message // the mail that was added, which a reset restores
	rules    []*rule            // the first one answers
	lastRule int                // the number in the id of the newest rule
	scenario *scenarios.Scenario
	expect   *scenarios.Expect
	boxes    []scenarios.Mailbox // that the expectations of the server's scenario are about
	since    time.Time           // of the creation, or the last reset
}

// rule is a rule of a tenant.
type rule struct {
	id    string
	words scenarios.Rule
	added *fakeserver.Rule
}

// adopted returns a tenant for a user who exists. A mailbox that is not in memory is served, but
// not changed or put back.
func adopted(name string, server *fakeserver.Server, user fakeserver.User, play *scenarios.Play) *tenant {
	t := &tenant{name: name, base: user, user: user, drop: user.Maildrop, since: time.Now(), moved: make(chan struct{})}
	t.server.Store(server)
	if t.drop == nil {
		t.drop = server.Maildrop()
	}
	if t.changing = t.drop.Changeable(); t.changing {
		t.mail = t.drop.Messages()
	}
	if play != nil {
		expect, boxes := play.Expected(name)
		t.scenario, t.expect, t.boxes = play.Scenario(), &expect, boxes
	}
	return t
}

// octets returns the size of the mail that a reset restores.
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

// keeping returns the mail that a reset restores, without the messages for which gone reports true.
// t.mu must be locked.
func (t *tenant) keeping(gone func(uid string) bool) []maildrop.Message {
	return slices.DeleteFunc(slices.Clone(t.mail), func(m maildrop.Message) bool { return gone(m.UID()) })
}

// putBack restores the mail of the mailbox. t.mu must be locked.
func (t *tenant) putBack() error {
	mail := slices.Clone(t.mail)
	if err := t.drop.Change(func([]maildrop.Message) []maildrop.Message { return mail }); err != nil {
		return err
	}
	t.mail = t.drop.Messages() // unique-ids may have got a suffix
	return nil
}

// ids returns the unique-ids of the mail that was added. t.mu must be locked.
func (t *tenant) ids() []string {
	ids := make([]string, len(t.mail))
	for i, m := range t.mail {
		ids[i] = m.UID()
	}
	return ids
}

// restart restarts the counts of rules and the time of the user. t.mu must be locked.
func (t *tenant) restart() {
	if server := t.server.Load(); t.own != nil {
		server.Restart()
	} else {
		server.RestartRules(t.name)
	}
	t.since = time.Now()
}

// ruled is the user whom the server takes the tenant's rules and named state for. t.mu is locked.
func (t *tenant) ruled() string {
	if t.own != nil {
		return "" // they are the server's
	}
	return t.name
}

// gone reports whether an error says that the user does not exist.
func gone(err error) bool {
	p, ok := errors.AsType[*Problem](err)
	return ok && p.Status == http.StatusNotFound
}
