package mtm_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// A server that names no messages shows their headers; what looks alike in them cannot be told
// apart when message numbers may have changed. Nothing is guessed: the operation ends.
func TestMessagesThatLookAlikeAreNotResumed(t *testing.T) {
	letter := func(id, text string) []byte {
		return []byte("From: ada@example.org\r\nSubject: Letter\r\nMessage-ID: <" + id + "@example.org>\r\n\r\n" + text + "\r\n")
	}
	for _, alike := range []bool{true, false} {
		second := "2"
		if alike {
			second = "1"
		}
		roam(t, mtm.Mobility{}, func(r *roamRig) {
			drop := fakeserver.NewMaildrop(
				maildrop.Bytes("a", letter("1", "first")), maildrop.Bytes("b", letter(second, "other")), maildrop.Bytes("c", letter("3", "third")),
			)
			r.srv = fakeserver.New(drop, &fakeserver.Options{LockWait: -1, Without: []string{"UIDL", "PIPELINING"}})
			r.do(mtm.Connect{}, mtm.Disconnect{})
			r.breaks("RETR", "3", 60, 1)
			err := r.box.InvokeSync(r.t.Context(), get(mtm.All, mtm.Move, mtm.ThenDisconnect))
			if alike {
				if !errors.Is(err, mtm.ErrDisconnected) || !strings.Contains(err.Error(), "two of the remaining messages look alike") {
					t.Errorf("it ended with %v", err)
				}
				if got := len(drop.UIDs()); got != 3 || len(r.children(store.Inbox)) != 0 {
					t.Errorf("the server holds %d, the Inbox %d", got, len(r.children(store.Inbox)))
				}
				err = r.box.InvokeSync(r.t.Context(), get(mtm.All, mtm.Move, mtm.ThenDisconnect))
			}
			if got := len(r.children(store.Inbox)); err != nil || got != 3 || len(drop.UIDs()) > 0 {
				t.Errorf("alike %v: %v, the Inbox holds %d, the server %q", alike, err, got, drop.UIDs())
			}
		})
	}
}

// Another connection is as private as the first one was, or it is not used.
func TestACertificateThatIsWrongAfterAGapEndsIt(t *testing.T) {
	ca := fixtures.NewCA()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []account.TLS{account.STLS, account.Implicit} {
		secure := func(p *account.POP3) { p.Security = account.Security{TLS: mode, CA: file} }
		roam(t, mtm.Mobility{}, func(r *roamRig) {
			good := fakeserver.New(r.drop, &fakeserver.Options{LockWait: -1, TLS: ca.Server(), Without: []string{"PIPELINING"}})
			bad := fakeserver.New(r.drop, &fakeserver.Options{LockWait: -1, TLS: fixtures.SelfSigned()})
			r.srv = good
			r.serve = func(c net.Conn) {
				srv := good
				if r.dials() == 2 {
					srv = bad
				}
				if mode == account.Implicit {
					srv.ServeTLSConn(c)
				} else {
					srv.ServeConn(c)
				}
			}
			r.breaks("RETR", "2", 60, 1)
			err := r.box.InvokeSync(r.t.Context(), get(mtm.All, mtm.Move, mtm.ThenDisconnect))
			if !errors.Is(err, mtm.ErrTLSRefused) || r.dials() != 2 {
				t.Errorf("%s: after %d connections: %v", mode, r.dials(), err)
			}
			for _, session := range bad.Transcripts() {
				if text := session.String(); strings.Contains(text, "C: USER") || strings.Contains(text, "C: PASS") {
					t.Errorf("%s: the login was sent:\n%s", mode, text)
				}
			}
			r.do(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
			if got := uids(r.children(store.Inbox)); len(got) != 3 {
				t.Errorf("%s: the Inbox holds %q", mode, got)
			}
		}, secure)
	}
}

// A full disk is not a lost connection: it ends the operation, with QUIT, whether it fills up in a
// gap or before.
func TestAFullDiskIsNotResumed(t *testing.T) {
	for _, inGap := range []bool{true, false} {
		roam(t, mtm.Mobility{}, func(r *roamRig) {
			full := func() { r.free.Store(65000) }
			if inGap {
				r.breaks("RETR", "2", 60, 1, full)
			} else {
				full()
			}
			err := r.box.InvokeSync(r.t.Context(), get(mtm.All, mtm.Move, mtm.ThenDisconnect))
			connections, here := 1, []string(nil)
			if inGap {
				connections, here = 2, []string{"u3"}
			}
			if !errors.Is(err, mtm.ErrDiskFull) || r.dials() != connections || !r.goodbye(connections) {
				t.Errorf("in a gap %v: after %d connections: %v", inGap, r.dials(), err)
			}
			if got := uids(r.children(store.Inbox)); !slices.Equal(got, here) {
				t.Errorf("in a gap %v: the Inbox holds %q", inGap, got)
			}
			r.free.Store(plenty)
			r.do(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
			if got := uids(r.children(store.Inbox)); len(got) != 3 || len(r.drop.UIDs()) > 0 {
				t.Errorf("in a gap %v: the Inbox holds %q, the server %q", inGap, got, r.drop.UIDs())
			}
		})
	}
}
