package mtm_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// A server that falls silent at any step ends the operation after the timeout, and
// the client is usable again. The clock is the bubble's: no time passes.
func TestASilentServerTimesOut(t *testing.T) {
	for _, verb := range []string{"CONNECT", "CAPA", "PASS", "STAT", "LIST", "UIDL", "TOP", "RETR", "DELE", "QUIT"} {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { silence(t, verb) })
		})
	}
}

func silence(t *testing.T, verb string) {
	srv := fakeserver.New(fakeserver.NewMaildrop(mails(1)...), nil)
	again := verb == "RETR" || verb == "TOP" // in another connection, which is all that a message costs
	srv.On(fakeserver.Match{Verb: verb}, fakeserver.Auto.With(edit.CutAfter(2, edit.Stall))).Once().Must()
	st, box := pipeClient(t, srv)
	start := time.Now()
	var command mtm.Command = get(mtm.All, mtm.Move, mtm.ThenDisconnect)
	if verb == "TOP" { // get mail asks for no header of what it fetches
		command = mtm.Connect{}
	}
	err := box.InvokeSync(t.Context(), command)
	if again != (err == nil) || !again && !errors.Is(err, mtm.ErrTimedOut) {
		t.Fatalf("got %v, want a timeout, or success in another connection", err)
	}
	if waited := time.Since(start); waited < time.Minute || waited > 2*time.Minute {
		t.Errorf("ended after %v, the timeout is one minute", waited)
	}
	if err := box.InvokeSync(t.Context(), mtm.Disconnect{}); err != nil {
		t.Errorf("disconnecting: %v", err)
	}
	if err := box.InvokeSync(t.Context(), get(mtm.All, mtm.Move, mtm.ThenDisconnect)); err != nil {
		t.Errorf("the next get mail: %v", err)
	}
	if entries, err := st.Children(t.Context(), store.Inbox); err != nil || len(entries) != 1 {
		t.Errorf("inbox: %d entries, %v; want 1", len(entries), err)
	}
	for _, close := range []func() error{box.Close, srv.Close, st.Close} {
		if err := close(); err != nil {
			t.Error(err)
		}
	}
}

// pipeClient makes a client whose line is a pipe to srv.
func pipeClient(t *testing.T, srv *fakeserver.Server) (*store.Store, *mtm.Client) {
	st, err := store.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	settings := account.Defaults()
	settings.Host, settings.LoginName, settings.Password.Literal = "localhost", "demo", "demo"
	settings.Auth = account.UserPass
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
	return st, box
}

// A message is written when all of it is there, unless it is large; its progress does not wait.
func TestTheOctetsOfAMessageShowAsTheyCome(t *testing.T) {
	for _, size := range []int{16<<10 + 100, 20 << 10, 63 << 10, 200 << 10} {
		synctest.Test(t, func(t *testing.T) {
			text := bytes.Repeat([]byte("0123456789abcde\r\n"), size/17)
			srv := fakeserver.New(fakeserver.NewMaildrop(maildrop.Bytes("one", text)), nil)
			srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.Drip(500, time.Second)))
			_, box := pipeClient(t, srv)
			op, err := box.InvokeAsync(t.Context(), get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
			if err != nil {
				t.Fatal(err)
			}
			seen := make(map[int64]bool)
			for range op.Changed() {
				if p := op.Progress(); p.SubPhase == progress.Copying && p.BytesDone < p.TotalBytes {
					seen[p.BytesDone] = true
				}
			}
			if err := op.Wait(); err != nil || len(seen) <= 10 {
				t.Errorf("%d octets: %v, %d steps were seen", size, err, len(seen))
			}
		})
	}
}
