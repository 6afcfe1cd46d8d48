package fakeserver_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fixtures"
)

func TestAClientThatDoesNotBeginItsHandshakeIsGivenUpAfterAMinute(t *testing.T) {
	config := fixtures.NewCA().Server()
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(three(), &fakeserver.Options{TLS: config})
		for _, implicit := range []bool{true, false} {
			client, server := net.Pipe()
			if implicit {
				go srv.ServeTLSConn(server)
			} else {
				go srv.ServeConn(server)
				exchange(t, client, "", "+OK")
				exchange(t, client, "STLS\r\n", "+OK")
			}
			begin := time.Now()
			if n, err := client.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("got %d octets and %v, want a close", n, err)
			}
			if waited := time.Since(begin); waited != time.Minute {
				t.Errorf("closed after %v", waited)
			}
		}
		closeServer(t, srv)
	})
}

func TestTimersWorkThroughTLS(t *testing.T) {
	ca := fixtures.NewCA()
	config := ca.Server()
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(three(), &fakeserver.Options{TLS: config})
		srv.On(fakeserver.Match{Verb: "TLS"}, fakeserver.Auto.With(edit.Pause(time.Hour)))
		near, server := net.Pipe()
		go srv.ServeTLSConn(server)
		begin := time.Now()
		client := tls.Client(near, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12})
		exchange(t, client, "", "+OK")
		if waited := time.Since(begin); waited != time.Hour {
			t.Errorf("the handshake took %v", waited)
		}
		exchange(t, client, "USER demo\r\n", "+OK")
		exchange(t, client, "PASS demo\r\n", "+OK")
		if n, err := client.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("got %d octets and %v, want a close", n, err)
		}
		if waited := time.Since(begin); waited != time.Hour+10*time.Minute {
			t.Errorf("closed after %v", waited)
		}
		closeServer(t, srv)
	})
}
