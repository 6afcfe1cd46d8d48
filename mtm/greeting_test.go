package mtm_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fixtures"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// meeting is a client of an account without TLS that meets servers, one for each connection.
type meeting struct {
	store *store.Store
	box   *mtm.Client
	dials int
}

func meet(t *testing.T, port int, servers ...func(net.Conn)) *meeting {
	t.Helper()
	m := &meeting{}
	var err error
	if m.store, err = store.Open(t.TempDir(), nil); err != nil {
		t.Fatal(err)
	}
	settings := account.Defaults()
	settings.Host, settings.Port, settings.LoginName, settings.Password.Literal = "localhost", port, "demo", "demo"
	id, err := mtm.AddAccount(t.Context(), m.store, "work", settings)
	if err != nil {
		t.Fatal(err)
	}
	m.box, err = mtm.Open(m.store, id, &mtm.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go servers[m.dials](there)
		m.dials++
		return here, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *meeting) close(t *testing.T) {
	t.Helper()
	for _, end := range []func() error{m.box.Close, m.store.Close} {
		if err := end(); err != nil {
			t.Error(err)
		}
	}
}

// An account without TLS on a port that begins with TLS says so before the timeout is
// over, and soon on port 995.
func TestAPortThatBeginsWithTLSIsKnown(t *testing.T) {
	ca := fixtures.NewCA()
	for port, patience := range map[int]time.Duration{110: 30 * time.Second, 995: 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			srv := fakeserver.New(fakeserver.NewMaildrop(mails(1)...), &fakeserver.Options{TLS: ca.Server()})
			m := meet(t, port, func(c net.Conn) { srv.ServeTLSConn(c) })
			began := time.Now()
			err := m.box.InvokeSync(t.Context(), mtm.Connect{})
			if !errors.Is(err, mtm.ErrTLSFailed) || time.Since(began) != patience {
				t.Errorf("port %d: after %v: %v", port, time.Since(began), err)
			}
			m.close(t)
			if err := srv.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A TLS alert says it at once.
func TestATLSAlertInPlaceOfAGreetingIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := meet(t, 110, func(c net.Conn) {
			_, _ = c.Write([]byte{0x15, 3, 1, 0, 2, 2, 10})
			_ = c.Close()
		})
		began := time.Now()
		if err := m.box.InvokeSync(t.Context(), mtm.Connect{}); !errors.Is(err, mtm.ErrTLSFailed) || time.Since(began) != 0 {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		m.close(t)
	})
}

// A server that is slow to greet is not mistaken for one with TLS, and what it was
// offered spoils nothing.
func TestALateGreetingIsWaitedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(fakeserver.NewMaildrop(mails(1)...), nil)
		late := func(c net.Conn) {
			go func() { _, _ = c.Read(make([]byte, 4096)) }() // a pipe has no room for what nobody reads
			time.Sleep(40 * time.Second)
			_, _ = c.Write([]byte("+OK late\r\n"))
		}
		slow := func(c net.Conn) {
			time.Sleep(50 * time.Second)
			srv.ServeConn(c)
		}
		m := meet(t, 110, late, slow)
		if err := m.box.InvokeSync(t.Context(), mtm.Connect{}); err != nil || m.dials != 2 {
			t.Errorf("%d connections: %v", m.dials, err)
		}
		if err := m.box.InvokeSync(t.Context(), mtm.Disconnect{}); err != nil {
			t.Error(err)
		}
		m.close(t)
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
}
