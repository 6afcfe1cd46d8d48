package mtm_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// A server that drips keeps no operation longer than the account allows, in all or at its rate;
// what came before is kept, and the next get fetches the rest. The clock is the bubble's.
func TestAServerThatDripsIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		limit func(p *account.POP3)
		least time.Duration
		slow  bool
	}{
		"in time":      {func(p *account.POP3) { p.MaxTime = 90 * time.Second }, 90 * time.Second, false},
		"in its rate":  {func(p *account.POP3) { p.MinRate = 100 }, 10 * time.Second, true},
		"by the first": {func(p *account.POP3) { p.MinRate, p.MaxTime = 100, time.Hour }, 10 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := fakeserver.New(fakeserver.NewMaildrop(mails(3)...), nil)
				srv.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.Drip(1, time.Second))).Once().Must()
				st, box := pipeClient(t, srv)
				a, err := mtm.FindAccount(t.Context(), st, "work")
				if err != nil {
					t.Fatal(err)
				}
				c.limit(&a.POP3)
				if err := mtm.SetAccount(t.Context(), st, a.ID, a.POP3); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				err = box.InvokeSync(t.Context(), get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
				line, isLine := errors.AsType[*pop3.LineError](err)
				if !errors.Is(err, mtm.ErrTimedOut) || !isLine || (line.Rate > 0) != c.slow {
					t.Errorf("got %v", err)
				}
				if took := time.Since(start); took < c.least || took > c.least+5*time.Second {
					t.Errorf("took %v", took)
				}
				<-time.After(2 * time.Second) // the server finds out, and lets go of the mailbox
				if err := box.InvokeSync(t.Context(), get(mtm.New, mtm.Copy, mtm.ThenDisconnect)); err != nil {
					t.Errorf("the next get mail: %v", err)
				}
				if entries, err := st.Children(t.Context(), store.Inbox); err != nil || len(entries) != 3 {
					t.Errorf("inbox: %d entries, %v; want 3", len(entries), err)
				}
				for _, end := range []func() error{box.Close, srv.Close, st.Close} {
					if err := end(); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}
