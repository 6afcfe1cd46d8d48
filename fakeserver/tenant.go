package fakeserver

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// tenant holds the sessions of one user, so that a suite that shares a server can give each of its
// tests a user of its own.
type tenant struct {
	mu    sync.Mutex
	count int               // sessions so far, open ones included
	open  map[*recorder]int // the number of each
	ended archive
	news  signal // commands, replies and ends of these sessions

	weight, place int // in the shelf, which guards them
}

// join adds a session, and returns its number among the tenant's sessions.
func (t *tenant) join(r *recorder) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[*recorder]int{}
	}
	t.count++
	t.open[r] = t.count
	return t.count
}

// leave removes a session that has named another user.
func (t *tenant) leave(r *recorder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, r)
}

// end keeps the journal of a session that has ended, unless the session was forgotten.
func (t *tenant) end(r *recorder, done journal, shelf *shelf) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ours := t.open[r]; ours {
		delete(t.open, r)
		t.ended.add(done)
		shelf.set(t, t.ended.octets)
	}
}

// add keeps the journal of an ended session that was not counted among the open ones.
func (t *tenant) add(done journal, shelf *shelf) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended.add(done)
	shelf.set(t, t.ended.octets)
}

// dropOldest drops the journal of the session that ended first, if there is one.
func (t *tenant) dropOldest(shelf *shelf) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.ended.kept) > 0 {
		t.ended.drop()
		shelf.set(t, t.ended.octets)
	}
}

// journals returns the journals of all sessions, in the order of joining, and the number of those
// that are no longer kept.
func (t *tenant) journals() (all []journal, lost int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all = slices.Clone(t.ended.kept)
	for r, visit := range t.open {
		j := r.known()
		j.head.Visit, j.head.Ended = visit, time.Time{} // it is ended when it is kept
		all = append(all, j)
	}
	slices.SortFunc(all, func(a, b journal) int { return a.head.Visit - b.head.Visit })
	return all, t.ended.lost
}

// received returns the number of commands that match, in sessions whose transcripts are kept. Those
// before the user was named count too.
func (t *tenant) received(m Match) (count int) {
	m.User = ""
	all, _ := t.journals()
	for _, j := range all {
		count += j.matching(m, j.head.Visit)
	}
	return count
}

// numbers returns the numbers, as the server counts, of the open sessions; of the one with this
// visit if that is not 0.
func (t *tenant) numbers(visit int) (all []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for r, number := range t.open {
		if visit == 0 || visit == number {
			all = append(all, r.number())
		}
	}
	return all
}

// forget forgets all sessions.
func (t *tenant) forget(shelf *shelf) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open, t.ended, t.count = nil, archive{}, 0
	shelf.set(t, 0)
}

// kept returns the journals of the ended sessions that are kept.
func (t *tenant) kept() []journal {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.ended.kept)
}

// tenants holds the tenants of all users, by name. Its methods are safe for concurrent use.
type tenants struct {
	mu     sync.RWMutex
	byName map[string]*tenant
}

// get returns the tenant of a user, or nil for an unknown user.
func (all *tenants) get(name string) *tenant {
	all.mu.RLock()
	defer all.mu.RUnlock()
	return all.byName[name]
}

// add adds a tenant for a user.
func (all *tenants) add(name string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.byName == nil {
		all.byName = map[string]*tenant{}
	}
	if all.byName[name] == nil {
		all.byName[name] = &tenant{}
	}
}

// remove removes the tenant of a user and returns it, or nil for an unknown user.
func (all *tenants) remove(name string) *tenant {
	all.mu.Lock()
	defer all.mu.Unlock()
	t := all.byName[name]
	delete(all.byName, name)
	return t
}

// list returns all tenants.
func (all *tenants) list() []*tenant {
	all.mu.RLock()
	defer all.mu.RUnlock()
	return slices.Collect(maps.Values(all.byName))
}

// ended returns the kept journals of all users' sessions.
func (all *tenants) ended() (found []journal) {
	for _, t := range all.list() {
		found = append(found, t.kept()...)
	}
	return found
}
