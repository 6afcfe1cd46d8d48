package mtm_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fixtures"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// secretive opens a client whose line, a pipe, is secured by STLS before AUTH PLAIN or the like.
func secretive(t *testing.T, method account.Auth) (*fakeserver.Server, *mtm.Client) {
	ca := fixtures.NewCA()
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(trusted, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := fakeserver.New(fakeserver.NewMaildrop(mails(1)...), &fakeserver.Options{TLS: ca.Server()})
	st, err := store.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	settings := account.Defaults()
	settings.Host, settings.LoginName, settings.Password.Literal = "localhost", "demo", "demo"
	settings.Auth, settings.Security = method, account.Security{TLS: account.STLS, CA: trusted}
	id, err := mtm.AddAccount(t.Context(), st, "work", settings)
	if err != nil {
		t.Fatal(err)
	}
	box, err := mtm.Open(st, id, &mtm.Options{
		Dial: func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go srv.ServeConn(there)
			return here, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, end := range []func() error{box.Close, srv.Close, st.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	return srv, box
}

// logins returns the steps between the greeting and the mailbox.
func logins() map[string]account.Auth {
	return map[string]account.Auth{"STLS": account.Plain, "TLS": account.Plain, "AUTH": account.Plain, "RESPONSE": account.SCRAMSHA256, "APOP": account.APOP}
}

func TestAServerThatFallsSilentInTheLoginTimesOut(t *testing.T) {
	for verb, method := range logins() {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv, box := secretive(t, method)
				srv.On(fakeserver.Match{Verb: verb}, fakeserver.Auto.With(edit.CutAfter(2, edit.Open))).Once().Must()
				start := time.Now()
				err := box.InvokeSync(t.Context(), get(mtm.All, mtm.Move, mtm.ThenDisconnect))
				if waited := time.Since(start); !errors.Is(err, mtm.ErrTimedOut) || waited != time.Minute {
					t.Fatalf("%v after %v, want a timeout after one minute", err, waited)
				}
				if err := box.InvokeSync(t.Context(), get(mtm.All, mtm.Move, mtm.ThenDisconnect)); err != nil {
					t.Errorf("the next get mail: %v", err)
				}
			})
		})
	}
}

func TestALoginIsCancelledAtEachStep(t *testing.T) {
	for verb, method := range logins() {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv, box := secretive(t, method)
				srv.On(fakeserver.Match{Verb: verb}, fakeserver.Auto.With(edit.CutAfter(2, edit.Open))).Once().Must()
				op, err := box.InvokeAsync(t.Context(), mtm.Connect{})
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				start := time.Now()
				op.Cancel()
				if err := op.Wait(); !errors.Is(err, mtm.ErrCancelled) || time.Since(start) != 0 || box.Connected() {
					t.Fatalf("%v after %v", err, time.Since(start))
				}
			})
		})
	}
}
