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
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// roam runs a test in a bubble, and checks at its end that the store is sound.
func roam(t *testing.T, m mtm.Mobility, test func(r *roamRig), changes ...change) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoamRig(t, m, changes...)
		test(r)
		r.sound()
		r.close()
	})
}

func TestAGetGoesOnOverAnotherConnection(t *testing.T) {
	roam(t, mtm.Mobility{}, func(r *roamRig) {
		r.breaks("RETR", "2", 60, 1)
		start := time.Now()
		op, err := r.box.InvokeAsync(r.t.Context(), get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		r.must(err)
		r.must(op.Wait())
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("it took %v, and the first pause is a second", waited)
		}
		p := op.Progress()
		if p.Interruptions != 1 || p.Retry != 0 {
			t.Errorf("the progress is %+v", p)
		}
		want := map[string]int{"RETR 3": 1, "RETR 2": 2, "RETR 1": 1, "TOP 1 1": 0, "DELE 3": 1, "DELE 2": 1, "DELE 1": 1}
		for command, n := range want {
			if got := r.sent(command); got != n {
				t.Errorf("%s: sent %d times, want %d", command, got, n)
			}
		}
		if got := uids(r.children(store.Inbox)); !slices.Equal(got, []string{"u3", "u2", "u1"}) {
			t.Errorf("the Inbox holds %q", got)
		}
		if left := r.drop.UIDs(); len(left) > 0 || r.goodbye(1) || !r.goodbye(2) {
			t.Errorf("the server holds %q, goodbyes: %v, %v", left, r.goodbye(1), r.goodbye(2))
		}
		if result := op.Result(); len(result.Messages) != 3 || result.Deleted != 3 || result.AlreadyThere != 0 {
			t.Errorf("the result is %+v", result)
		}
	})
}

func TestReconnectRefusedTwiceThenRight(t *testing.T) {
	roam(t, mtm.Mobility{}, func(r *roamRig) {
		r.breaks("RETR", "2", 60, 1, func() { r.refuses(2) })
		start := time.Now()
		r.do(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		if waited := time.Since(start); waited != 7*time.Second {
			t.Errorf("it took %v, and 1, 2 and 4 s are waited", waited)
		}
	})
}

func TestItGivesUpAfterATimeWithoutAConnection(t *testing.T) {
	roam(t, mtm.Mobility{GiveUp: 2 * time.Minute}, func(r *roamRig) {
		r.breaks("RETR", "2", 60, 1, func() { r.refuses(1000) })
		start := time.Now()
		op, err := r.box.InvokeAsync(r.t.Context(), get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		r.must(err)
		err = op.Wait()
		if !errors.Is(err, mtm.ErrDisconnected) || !strings.Contains(err.Error(), "no connection for 2m0s; the last attempt: ") {
			t.Errorf("the error is %v", err)
		}
		if waited := time.Since(start); waited != 2*time.Minute {
			t.Errorf("it gave up after %v", waited)
		}
		if got := len(op.Result().Messages); got != 1 {
			t.Errorf("%d messages are here", got)
		}
		r.refuses(0)
		r.do(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		if got := len(r.children(store.Inbox)); got != 3 {
			t.Errorf("the Inbox holds %d", got)
		}
	})
}

// The clock of a gap begins anew when something was made durable, and not because somebody answers.
func TestALoginAloneIsNoProgress(t *testing.T) {
	roam(t, mtm.Mobility{GiveUp: time.Minute}, func(r *roamRig) {
		r.breaks("RETR", "2", 60, 1, func() { r.breaks("STAT", "", 2, 0) })
		start := time.Now()
		err := r.box.InvokeSync(r.t.Context(), get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		if !errors.Is(err, mtm.ErrDisconnected) || time.Since(start) != time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
	roam(t, mtm.Mobility{GiveUp: 3 * time.Second}, func(r *roamRig) {
		for _, n := range []string{"3", "2", "1"} {
			r.breaks("RETR", n, 60, 1, func() { r.refuses(1) }) // each gap takes 3 s
		}
		start := time.Now()
		r.do(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		if time.Since(start) != 9*time.Second {
			t.Errorf("three gaps took %v", time.Since(start))
		}
	})
}

func TestALoginThatIsRefusedEndsIt(t *testing.T) {
	roam(t, mtm.Mobility{}, func(r *roamRig) {
		r.breaks("RETR", "2", 60, 1, func() {
			r.srv.On(fakeserver.Match{Verb: "PASS"}, fakeserver.Auto.With(edit.Refuse("no"))).Must()
		})
		err := r.box.InvokeSync(r.t.Context(), get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		if !errors.Is(err, mtm.ErrInvalidLogin) || r.dials() != 2 {
			t.Errorf("after %d connections: %v", r.dials(), err)
		}
	})
}

// Without carriers too a server is asked again that has the mailbox locked for the lost connection.
func TestALockOfTheLostConnectionIsWaitedFor(t *testing.T) {
	roam(t, mtm.Mobility{}, func(r *roamRig) {
		r.late.Store(int64(4 * time.Second))
		r.at("RETR", "2", r.box.CarrierLost)
		start := time.Now()
		r.do(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		if waited := time.Since(start); waited != 7*time.Second || r.dials() != 4 {
			t.Errorf("it took %v and %d connections, and 1, 2 and 4 s are waited", waited, r.dials())
		}
		if got := len(r.children(store.Inbox)); got != 3 || len(r.drop.UIDs()) > 0 {
			t.Errorf("the Inbox holds %d, the server %q", got, r.drop.UIDs())
		}
	})
}

func TestAMessageThatBreaksEachConnectionComesLast(t *testing.T) {
	roam(t, mtm.Mobility{}, func(r *roamRig) {
		r.breaks("RETR", "2", 60, 0)
		op, err := r.box.InvokeAsync(r.t.Context(), get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		r.must(err)
		err = op.Wait()
		failure, is := errors.AsType[*mtm.Error](err)
		if !is || len(failure.Failed) != 1 || failure.Failed[0].UID != "u2" {
			t.Errorf("the error is %v", err)
		}
		if got := uids(r.children(store.Inbox)); !slices.Equal(got, []string{"u3", "u1"}) || r.sent("RETR 2") != 3 {
			t.Errorf("the Inbox holds %q, and RETR 2 was sent %d times", got, r.sent("RETR 2"))
		}
	})
}

func TestWhatIsGoneAfterAGapHasFailed(t *testing.T) {
	roam(t, mtm.Mobility{}, func(r *roamRig) {
		r.do(mtm.Connect{}, mtm.Disconnect{})
		r.breaks("RETR", "2", 60, 1)
		op, err := r.box.InvokeAsync(r.t.Context(), get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		r.must(err)
		for range op.Changed() {
			if op.Progress().Retry > 0 {
				break
			}
		}
		r.must(r.drop.Remove("u1"))
		err = op.Wait()
		failure, is := errors.AsType[*mtm.Error](err)
		if !is || len(failure.Failed) != 1 || failure.Failed[0].UID != "u1" {
			t.Errorf("the error is %v", err)
		}
		if got := uids(r.children(store.Inbox)); !slices.Equal(got, []string{"u3", "u2"}) {
			t.Errorf("the Inbox holds %q", got)
		}
	})
}

func TestWhileItWaitsItCanBeCancelledAndIsBusy(t *testing.T) {
	for _, end := range []string{"cancel", "disconnect"} {
		roam(t, mtm.Mobility{}, func(r *roamRig) {
			r.breaks("RETR", "2", 60, 1, func() { r.refuses(1000) })
			r.do(mtm.Connect{})
			op, err := r.box.InvokeAsync(r.t.Context(), get(mtm.All, mtm.Move, mtm.WhileConnected))
			r.must(err)
			for range op.Changed() {
				if op.Progress().Retry > 0 {
					break
				}
			}
			if p := op.Progress(); p.SubPhase != progress.Connecting || p.Phase != progress.Moving {
				t.Errorf("the progress is %+v", p)
			}
			if err := r.box.InvokeSync(r.t.Context(), mtm.Populate{Which: mtm.All}); !errors.Is(err, mtm.ErrBusy) {
				t.Errorf("a command meanwhile: %v", err)
			}
			if err := r.box.InvokeSync(r.t.Context(), mtm.IsConnected{}); err != nil {
				t.Errorf("connected: %v", err)
			}
			if end == "cancel" {
				op.Cancel()
			} else {
				r.do(mtm.Disconnect{})
			}
			if err := op.Wait(); !errors.Is(err, mtm.ErrCancelled) || r.box.Connected() {
				t.Errorf("%s: %v, connected: %v", end, err, r.box.Connected())
			}
			r.refuses(0)
			r.do(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
			if got := len(r.children(store.Inbox)); got != 3 || len(r.drop.UIDs()) > 0 {
				t.Errorf("the Inbox holds %d, the server %q", got, r.drop.UIDs())
			}
		})
	}
}

// What QUIT was to delete is deleted once, whether its answer is lost or the command was.
func TestDeletesAreSentUntilQuitIsAnswered(t *testing.T) {
	for _, verb := range []string{"DELE", "QUIT"} {
		for _, octets := range []int64{0, 2} {
			t.Run(fmt.Sprint(verb, octets), func(t *testing.T) {
				roam(t, mtm.Mobility{}, func(r *roamRig) {
					args := ""
					if verb == "DELE" {
						args = "2"
					}
					r.breaks(verb, args, octets, 1)
					op, err := r.box.InvokeAsync(r.t.Context(), get(mtm.New, mtm.Move, mtm.ThenDisconnect))
					r.must(err)
					r.must(op.Wait())
					if got := op.Result().Deleted; got != 3 || len(r.drop.UIDs()) > 0 || len(r.children(r.id)) > 0 {
						t.Errorf("%d deleted, the server holds %q, the mailbox %d", got, r.drop.UIDs(), len(r.children(r.id)))
					}
				})
			})
		}
	}
}
