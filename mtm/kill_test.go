package mtm_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/internal/ramdisk"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// The environment of a child process: the store that it works on, and what it does.
const (
	childStore = "MTM_TEST_STORE"
	childRole  = "MTM_TEST_ROLE"  // a key of roles; "" connects and disconnects
	childCrash = "MTM_TEST_CRASH" // see crashing; "" for none
)

// kills is how many programs are killed in the middle of what had waited.
const kills = 25

const killMails = 8

func TestMain(m *testing.M) {
	if dir := os.Getenv(childStore); dir != "" {
		if err := session(dir, os.Getenv(childRole)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	ramdisk.Use()
	os.Exit(m.Run())
}

// session is what the child does. Batches are small, so that there are many commits.
func session(dir, role string) (err error) {
	options, before, err := crashing(os.Getenv(childCrash))
	if err != nil {
		return err
	}
	st, err := store.Open(dir, &store.Options{Before: before})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a, err := mtm.FindAccount(context.Background(), st, "work")
	if err != nil {
		return err
	}
	box, err := mtm.Open(st, a.ID, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	for _, cmd := range roles()[role] {
		if err = box.InvokeSync(context.Background(), cmd); err != nil {
			return err
		}
	}
	return nil
}

// A program that is killed while it carries out what waited leaves the queue such that the next one
// does the rest: nothing is lost, nothing twice, no delete goes before its copy.
func TestAQueueSurvivesAKill(t *testing.T) {
	for seed := range uint64(kills) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1939))
			k := newKilled(t)
			k.queue(t, random)
			// The first seven commands are of the login and the refresh; eight fetch, the rest
			// delete and say goodbye.
			k.runUntil(t, 7+random.IntN(killMails+5))
			k.expect(t, false)
			k.runUntil(t, 0)
			k.expect(t, true)
		})
	}
}

// killed is a store that programs work on, and their server.
type killed struct {
	dir   string
	drop  *fakeserver.Maildrop
	srv   *fakeserver.Server
	mu    sync.Mutex
	cut   bool   // the next answer ends the connection instead
	heard func() // for each command

	copied, moved, populated, deleted map[string]bool
}

func newKilled(t *testing.T) *killed {
	k := &killed{dir: t.TempDir(), drop: fakeserver.NewMaildrop(mails(killMails)...)}
	k.srv = fakeserver.Start(t, k.drop, &fakeserver.Options{Without: []string{"PIPELINING"}})
	k.srv.On(fakeserver.Match{}, func(x *fakeserver.Exchange) edit.Reply {
		k.mu.Lock()
		heard := k.heard
		k.mu.Unlock()
		if heard != nil {
			heard()
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.cut {
			k.cut = false
			return edit.CutAfter(0, edit.Close)(fakeserver.Auto(x))
		}
		return fakeserver.Auto(x)
	})
	return k
}

// open opens the store for f.
func (k *killed) open(t *testing.T, f func(st *store.Store)) {
	t.Helper()
	st, err := store.Open(k.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	f(st)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// settings returns those of the account.
func (k *killed) settings(changes ...change) account.POP3 {
	settings := account.Defaults()
	host, port, _ := net.SplitHostPort(k.srv.Addr())
	settings.Host, settings.LoginName, settings.Password.Literal = host, "demo", "demo"
	settings.Port, _ = strconv.Atoi(port)
	settings.Auth = account.UserPass
	for _, change := range changes {
		change(&settings)
	}
	return settings
}

// queue lists the mailbox and has something wait for each message.
func (k *killed) queue(t *testing.T, random *rand.Rand) {
	t.Helper()
	k.copied, k.moved, k.populated, k.deleted = map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	k.open(t, func(st *store.Store) {
		ctx := t.Context()
		id, err := mtm.AddAccount(ctx, st, "work", k.settings(func(p *account.POP3) { p.DisconnectedMode = true }))
		if err != nil {
			t.Fatal(err)
		}
		box, err := mtm.Open(st, id, nil)
		if err != nil {
			t.Fatal(err)
		}
		do := func(commands ...mtm.Command) {
			for _, cmd := range commands {
				if err := box.InvokeSync(ctx, cmd); err != nil {
					t.Fatal(err)
				}
			}
		}
		do(mtm.Connect{}, mtm.Disconnect{})
		entries, err := st.Children(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			do(k.choose(random, e)...)
		}
		if err := box.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func (k *killed) choose(random *rand.Rand, e store.Entry) []mtm.Command {
	into := func(take mtm.Take) mtm.Command {
		return mtm.GetMail{Which: mtm.Selection, Take: take, Into: store.Inbox, Messages: []store.ID{e.ID}}
	}
	switch random.IntN(4) {
	case 0:
		k.moved[e.UID] = true
		return []mtm.Command{into(mtm.Move)}
	case 1:
		k.populated[e.UID] = true
		return []mtm.Command{mtm.Populate{Which: mtm.Selection, Messages: []store.ID{e.ID}}}
	case 2:
		k.copied[e.UID], k.deleted[e.UID] = true, true
		return []mtm.Command{into(mtm.Copy), mtm.Delete{Messages: []store.ID{e.ID}}}
	}
	k.copied[e.UID] = true
	return []mtm.Command{into(mtm.Copy)}
}

// runUntil runs a program, and kills it as the server hears command number n; 0 lets it end.
func (k *killed) runUntil(t *testing.T, n int) {
	t.Helper()
	if n == 0 {
		k.run(t, k.program(roleQueue), 0, nil)
		return
	}
	k.run(t, k.program(roleQueue), n, func(p *os.Process) { _ = p.Kill() }) // it may have ended by itself
}

// expect looks at the store and the server, in the middle of it all or at the end.
func (k *killed) expect(t *testing.T, end bool) {
	t.Helper()
	k.open(t, func(st *store.Store) {
		if _, err := st.Check(t.Context(), func(p store.Problem) {
			if end || !strings.Contains(p.Text, "the index does not know") { // what was killed stays until it has come again
				t.Errorf("the store: %s", p)
			}
		}); err != nil {
			t.Fatal(err)
		}
		a, err := mtm.FindAccount(t.Context(), st, "work")
		if err != nil {
			t.Fatal(err)
		}
		r := &rig{t: t, store: st, id: a.ID}
		here := map[string]bool{}
		for _, u := range r.here() {
			here[u] = true
		}
		on := map[string]bool{}
		for _, u := range k.drop.UIDs() {
			on[u] = true
		}
		for n := 1; n <= killMails; n++ {
			u := uid(n)
			goes := k.moved[u] || k.deleted[u]
			switch {
			case !on[u] && !goes, !on[u] && !here[u]:
				t.Errorf("%s is lost", u)
			case end && on[u] == goes, end && here[u] != (k.copied[u] || k.moved[u]):
				t.Errorf("at last %s is on the server: %v, here: %v", u, on[u], here[u])
			}
		}
		for _, e := range r.children(a.ID) {
			r.whole(e)
			if end && (e.Flags.Has(store.Operation) || k.populated[e.UID] != (e.Body.Kind == store.BodyWhole)) {
				t.Errorf("at last %s is %s, flags %s", e.UID, e.Body.Kind, e.Flags)
			}
		}
	})
}
