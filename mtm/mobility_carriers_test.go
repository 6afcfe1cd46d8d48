package mtm_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// moved is an operation during which the carrier changes.
type moved struct {
	name    string
	account []change
	before  func(r *roamRig) []mtm.Command
	verb    string // the carrier changes when the server hears this
	args    string
	command func(r *roamRig) mtm.Command // nil: nothing runs, and the connection is idle
	after   []mtm.Command
	again   string   // what is sent once more when the connection is closed in it, "" for nothing
	inbox   []string // at the end
	server  []string
	filled  int // entries of the mailbox that are complete
}

func online(*roamRig) []mtm.Command { return []mtm.Command{mtm.Connect{}} }

func movedOperations() []moved {
	offline := func(p *account.POP3) { p.DisconnectedMode = true }
	listed := func(*roamRig) []mtm.Command { return []mtm.Command{mtm.Connect{}, mtm.Disconnect{}} }
	all := []string{"u1", "u2", "u3"}
	queued := func(r *roamRig) []mtm.Command {
		return append(listed(r), mtm.Connect{}, mtm.Disconnect{})
	}
	wanted := func(r *roamRig) []mtm.Command {
		r.do(listed(r)...)
		return []mtm.Command{mtm.GetMail{Which: mtm.Selection, Into: store.Inbox, Messages: r.ids(1, 2, 3)}}
	}
	connect := func(*roamRig) mtm.Command { return mtm.Connect{} }
	leave := []mtm.Command{mtm.Disconnect{}}
	return []moved{
		{name: "refresh", verb: "TOP", args: "2 1", command: connect, after: leave, again: "TOP 2 1", server: all},
		{name: "find queue", account: []change{offline}, before: queued, verb: "UIDL", command: connect, after: leave, server: all},
		{name: "run queue", account: []change{offline}, before: wanted, verb: "RETR", args: "2", command: connect, after: leave, again: "RETR 2",
			inbox: all, server: all},
		{name: "idle", before: online, after: leave, server: all},
		{name: "copy", before: online, verb: "RETR", args: "2", command: func(*roamRig) mtm.Command { return get(mtm.All, mtm.Copy, mtm.WhileConnected) },
			after: leave, again: "RETR 2", inbox: all, server: all},
		{name: "move, at RETR", before: online, verb: "RETR", args: "2", command: func(*roamRig) mtm.Command { return get(mtm.All, mtm.Move, mtm.WhileConnected) },
			after: leave, again: "RETR 2", inbox: all},
		{name: "move, at DELE", before: func(*roamRig) []mtm.Command {
			return []mtm.Command{mtm.Connect{}, get(mtm.All, mtm.Move, mtm.WhileConnected)}
		}, verb: "DELE", args: "2", command: func(*roamRig) mtm.Command { return mtm.Disconnect{} }, inbox: all},
		{name: "populate", before: online, verb: "RETR", args: "2", command: func(*roamRig) mtm.Command { return mtm.Populate{Which: mtm.All} },
			after: leave, again: "RETR 2", server: all, filled: 3},
		{name: "top", before: online, verb: "TOP", args: "2 5", command: func(*roamRig) mtm.Command { return mtm.Populate{Which: mtm.All, Top: true, Lines: 5} },
			after: leave, again: "TOP 2 5", server: all, filled: 3},
		{name: "delete", before: func(r *roamRig) []mtm.Command {
			r.do(mtm.Connect{})
			return []mtm.Command{mtm.Delete{Messages: r.ids(1, 2, 3)}}
		}, verb: "DELE", args: "2", command: func(*roamRig) mtm.Command { return mtm.Disconnect{} }},
	}
}

// Ten operations, during which the carrier is lost, or another one is accepted with each of three
// actions. "late": the server notices the end of the first connection after a while, and has the
// mailbox locked until then.
func TestAnOperationGoesOnOverAnotherCarrier(t *testing.T) {
	for _, o := range movedOperations() {
		for _, how := range []string{"lost", "immediately", "late", "stop", "complete"} {
			t.Run(o.name+"/"+how, func(t *testing.T) {
				action := map[string]mtm.Action{"lost": mtm.Complete, "immediately": mtm.Immediately, "late": mtm.Immediately, "stop": mtm.Stop,
					"complete": mtm.Complete}[how]
				roam(t, mtm.Mobility{Policy: always(action)}, func(r *roamRig) { o.play(r, how) }, o.account...)
			})
		}
	}
}

// play carries out the operation while the carrier changes.
func (o moved) play(r *roamRig, how string) {
	if o.before != nil {
		r.do(o.before(r)...)
	}
	if how == "late" {
		r.late.Store(int64(4 * time.Second))
		how = "immediately"
	}
	connections, runs := r.dials(), r.dials()
	if o.command != nil && o.after != nil && !r.box.Connected() {
		runs++ // the command connects
	}
	change := func() {
		if how != "lost" {
			r.box.PreferredCarrier("b", true)
			return
		}
		r.box.CarrierLost()
		time.AfterFunc(3*time.Second, func() { r.box.PreferredCarrier("b", true) })
	}
	if o.command == nil {
		change()
		synctest.Wait()
		<-time.After(10 * time.Second)
	} else {
		r.at(o.verb, o.args, change)
		r.do(o.command(r))
		synctest.Wait()
		<-time.After(10 * time.Second)
	}
	wantsCarrier := []string{"b"}
	ended := o.after == nil
	if how == "complete" && ended || how == "stop" && o.verb == "DELE" { // it ends before it moves
		wantsCarrier = nil
	}
	r.carriers.mu.Lock()
	dialled := slices.Clone(r.carriers.dialed[connections:])
	r.carriers.mu.Unlock()
	if got := slices.DeleteFunc(dialled, func(c string) bool { return c == "" }); !slices.Equal(slices.Compact(got), wantsCarrier) {
		r.t.Errorf("the carriers dialled are %q, want %q", got, wantsCarrier)
	} else if rejected := slices.Contains(r.carriers.said(), "rejected b"); rejected || len(got) > len(wantsCarrier) != (r.late.Load() > 0) {
		r.t.Errorf("the carriers dialled are %q, rejected: %v", got, rejected)
	}
	if !ended && (!r.box.Connected() || r.box.InvokeSync(r.t.Context(), mtm.Busy{}) != nil) {
		r.t.Error("it is not connected, or busy")
	}
	r.do(o.after...)
	o.check(r, how, runs)
}

// check looks at what the operation has made.
func (o moved) check(r *roamRig, how string, connection int) {
	held := uids(r.children(store.Inbox))
	slices.Sort(held)
	if !slices.Equal(held, o.inbox) {
		r.t.Errorf("the Inbox holds %q, want %q", held, o.inbox)
	}
	if got := r.drop.UIDs(); !slices.Equal(got, o.server) && len(got)+len(o.server) > 0 {
		r.t.Errorf("the server holds %q, want %q", got, o.server)
	}
	filled := 0
	for _, e := range r.children(r.id) {
		if e.Flags.Has(store.Complete) {
			filled++
		}
	}
	if filled != o.filled || len(r.children(r.id)) != len(o.server) {
		r.t.Errorf("the mailbox lists %d entries, %d complete", len(r.children(r.id)), filled)
	}
	if gone := how == "lost" || how == "immediately"; r.goodbye(connection) == gone {
		r.t.Errorf("a goodbye in connection %d: %v", connection, !gone)
	}
	for _, n := range []string{"1", "2", "3"} {
		want := 0
		if len(o.inbox) > 0 || o.filled > 0 && o.name != "top" {
			want = 1
		}
		if o.again == "RETR "+n && (how == "lost" || how == "immediately") {
			want = 2
		}
		if got := r.sent("RETR " + n); got != want {
			r.t.Errorf("RETR %s was sent %d times, want %d", n, got, want)
		}
	}
}

func TestAFirstCarrierThatIsRejectedIsReplaced(t *testing.T) {
	roam(t, mtm.Mobility{Policy: always(mtm.Complete)}, func(r *roamRig) {
		r.carriers.reject = map[string]bool{"": true, "b": true}
		time.AfterFunc(10*time.Second, func() { r.box.PreferredCarrier("b", true) })
		time.AfterFunc(20*time.Second, func() { r.box.PreferredCarrier("c", true) })
		r.do(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		if got, want := r.carriers.said(), []string{"rejected ", "rejected b", "accepted c"}; !slices.Equal(got, want) {
			t.Errorf("the carriers heard %q, want %q", got, want)
		}
	})
}

// A server that cannot serve yet says nothing about the carrier. In a first connection that is
// reported at once, as without carriers.
func TestALockedMailboxRejectsNoCarrier(t *testing.T) {
	roam(t, mtm.Mobility{Policy: always(mtm.Complete)}, func(r *roamRig) {
		r.srv.On(fakeserver.Match{Verb: "PASS"}, fakeserver.Auto.With(edit.Refuse("[IN-USE] wait"))).Once().Must()
		err := r.box.InvokeSync(r.t.Context(), get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		if got := r.carriers.said(); !errors.Is(err, mtm.ErrInUse) || len(got) > 0 {
			t.Errorf("%v, and the carriers heard %q", err, got)
		}
	})
}

// A carrier that comes up while the client logs in over another one is moved to after the login, as
// the policy wants it.
func TestACarrierThatComesUpDuringALoginIsNotForgotten(t *testing.T) {
	for _, action := range []mtm.Action{mtm.Immediately, mtm.Stop, mtm.Complete} {
		for _, idle := range []bool{false, true} {
			roam(t, mtm.Mobility{Policy: always(action)}, func(r *roamRig) {
				r.do(mtm.Connect{})
				login := func() { r.at("PASS", "", func() { r.box.PreferredCarrier("c", true) }) }
				if idle {
					login()
					r.box.PreferredCarrier("b", true)
				} else {
					r.at("RETR", "2", func() {
						login()
						r.box.CarrierLost()
						r.box.PreferredCarrier("b", false)
					})
					r.do(get(mtm.All, mtm.Copy, mtm.WhileConnected))
				}
				<-time.After(time.Second)
				r.do(mtm.Disconnect{})
				if got, want := r.carriers.said(), []string{"accepted ", "accepted b", "accepted c"}; !slices.Equal(got, want) {
					t.Errorf("action %v, idle %v: the carriers heard %q, want %q", action, idle, got, want)
				}
			})
		}
	}
}

// What is dialled over a carrier that is lost meanwhile is given up at once.
func TestACarrierThatIsLostWhileItIsDialledIsNotWaitedFor(t *testing.T) {
	roam(t, mtm.Mobility{Policy: always(mtm.Complete)}, func(r *roamRig) {
		r.carriers.dead = map[string]bool{"": true}
		start := time.Now()
		time.AfterFunc(time.Second, r.box.CarrierLost)
		time.AfterFunc(2*time.Second, func() { r.box.PreferredCarrier("b", true) })
		r.do(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("it took %v", waited)
		}
	})
}

// What comes up while there is no connection is used by the next one.
func TestACarrierThatComesUpOfflineIsTheFirst(t *testing.T) {
	roam(t, mtm.Mobility{Policy: always(mtm.Complete)}, func(r *roamRig) {
		r.box.PreferredCarrier("b", true)
		r.do(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		if got := r.carriers.said(); !slices.Equal(got, []string{"accepted b"}) {
			t.Errorf("the carriers heard %q", got)
		}
	})
}

func TestTheDefaultPolicyCompletesBeforeAnUpgradeAndLeavesAtADowngrade(t *testing.T) {
	for upgrade, twice := range map[bool]int{true: 1, false: 2} {
		roam(t, mtm.Mobility{Policy: mtm.DefaultPolicy{}}, func(r *roamRig) {
			r.do(mtm.Connect{})
			r.at("RETR", "2", func() { r.box.PreferredCarrier("b", upgrade) })
			r.do(get(mtm.All, mtm.Copy, mtm.WhileConnected))
			<-time.After(time.Second)
			if got := r.sent("RETR 2"); got != twice || r.goodbye(1) != upgrade {
				t.Errorf("upgrade %v: RETR 2 was sent %d times, a goodbye: %v", upgrade, got, r.goodbye(1))
			}
			r.do(mtm.Disconnect{})
		})
	}
}

// change is a carrier and what the policy wants.
type proposal struct {
	carrier string
	action  mtm.Action // Ignore stands for a carrier that is lost
}

// proposals is a policy that knows the carriers.
type proposals []proposal

func (p proposals) Decide(c mtm.Change) mtm.Action {
	return p[slices.IndexFunc(p, func(one proposal) bool { return one.carrier == c.To })].action
}

func (proposals) Moved(string, error) {}

// Two changes while a message comes: what was accepted first, and what becomes of it.
func TestChangesOfType(t *testing.T) {
	const lost = mtm.Ignore
	for _, c := range []struct {
		first, second mtm.Action
		asked         int  // how often RETR 2 is sent
		goodbye       bool // in the first connection
		third         int  // connection in which RETR 1 is sent
	}{
		{mtm.Complete, mtm.Stop, 1, true, 2},
		{mtm.Complete, mtm.Immediately, 2, false, 2},
		{mtm.Complete, mtm.Complete, 1, true, 1},
		{mtm.Complete, lost, 2, false, 2},
		{mtm.Stop, mtm.Complete, 1, true, 2},
		{mtm.Stop, mtm.Immediately, 2, false, 2},
		{mtm.Stop, mtm.Stop, 1, true, 2},
		{mtm.Stop, lost, 2, false, 2},
	} {
		t.Run(fmt.Sprint(c.first, " ", c.second), func(t *testing.T) {
			roam(t, mtm.Mobility{Policy: proposals{{"b", c.first}, {"c", c.second}}}, func(r *roamRig) {
				r.do(mtm.Connect{})
				r.at("RETR", "2", func() {
					r.box.PreferredCarrier("b", true)
					if c.second == lost {
						r.box.CarrierLost()
					} else {
						r.box.PreferredCarrier("c", true)
					}
				})
				r.do(get(mtm.All, mtm.Copy, mtm.WhileConnected))
				<-time.After(time.Second)
				r.do(mtm.Disconnect{})
				if got := r.sent("RETR 2"); got != c.asked || r.goodbye(1) != c.goodbye {
					t.Errorf("RETR 2 was sent %d times, a goodbye: %v", got, r.goodbye(1))
				}
				if got := len(r.children(store.Inbox)); got != 3 || len(r.sessions()) != 2 {
					t.Errorf("the Inbox holds %d after %d connections", got, len(r.sessions()))
				}
			})
		})
	}
}

func TestAMobilityErrorEndsWhatWaits(t *testing.T) {
	broken := errors.New("the radio is off")
	for _, o := range movedOperations() {
		t.Run(o.name, func(t *testing.T) {
			roam(t, mtm.Mobility{Policy: always(mtm.Stop)}, func(r *roamRig) {
				if o.before != nil {
					r.do(o.before(r)...)
				}
				if o.command == nil {
					r.box.CarrierLost()
					synctest.Wait()
					r.box.MobilityError(broken)
					synctest.Wait()
					if err := r.box.Err(); !errors.Is(err, mtm.ErrDisconnected) || !errors.Is(err, broken) {
						t.Errorf("the connection ended with %v", err)
					}
				} else {
					r.at(o.verb, o.args, func() { r.box.MobilityError(broken) })
					err := r.box.InvokeSync(r.t.Context(), o.command(r))
					if !errors.Is(err, mtm.ErrDisconnected) || !errors.Is(err, broken) {
						t.Errorf("it ended with %v", err)
					}
				}
				if r.box.Connected() {
					t.Error("it is connected")
				}
				r.do(mtm.Connect{}, mtm.Disconnect{})
			}, o.account...)
		})
	}
	t.Run("waiting", func(t *testing.T) {
		roam(t, mtm.Mobility{Policy: always(mtm.Stop)}, func(r *roamRig) {
			r.do(mtm.Connect{})
			r.at("RETR", "2", func() { r.box.CarrierLost() })
			time.AfterFunc(time.Minute, func() { r.box.MobilityError(nil) })
			start := time.Now()
			err := r.box.InvokeSync(r.t.Context(), get(mtm.All, mtm.Copy, mtm.WhileConnected))
			if !errors.Is(err, mtm.ErrDisconnected) || time.Since(start) != time.Minute {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
		})
	})
}

func TestAnIdleConnectionThatMovesIsBusy(t *testing.T) {
	roam(t, mtm.Mobility{Policy: always(mtm.Complete)}, func(r *roamRig) {
		r.do(mtm.Connect{})
		r.box.CarrierLost()
		synctest.Wait()
		for _, cmd := range []mtm.Command{mtm.Populate{Which: mtm.All}, get(mtm.All, mtm.Copy, mtm.WhileConnected)} {
			if err := r.box.InvokeSync(r.t.Context(), cmd); !errors.Is(err, mtm.ErrBusy) || !strings.Contains(err.Error(), "being made again") {
				t.Errorf("a command meanwhile: %v", err)
			}
		}
		if err := r.box.InvokeSync(r.t.Context(), mtm.IsConnected{}); err != nil {
			t.Errorf("connected: %v", err)
		}
		r.do(mtm.Disconnect{})
		if r.box.Connected() || r.dials() != 1 || r.goodbye(1) {
			t.Errorf("connected: %v, connections: %d", r.box.Connected(), r.dials())
		}
		r.do(mtm.Connect{}, mtm.Disconnect{})
	})
}
