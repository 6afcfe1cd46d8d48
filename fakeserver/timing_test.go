package fakeserver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// serve runs a session on a pipe, logged in, and gives the client's end.
func serve(t *testing.T, srv *fakeserver.Server) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	go srv.ServeConn(server)
	exchange(t, client, "", "+OK")
	exchange(t, client, "USER demo\r\n", "+OK")
	exchange(t, client, "PASS demo\r\n", "+OK")
	return client
}

// exchange sends a command and reads one line.
func exchange(t *testing.T, c net.Conn, command, prefix string) {
	t.Helper()
	if command != "" {
		if _, err := io.WriteString(c, command); err != nil {
			t.Fatal(err)
		}
	}
	var got bytes.Buffer
	one := make([]byte, 1)
	for !bytes.HasSuffix(got.Bytes(), []byte("\n")) {
		if _, err := c.Read(one); err != nil {
			t.Fatalf("%q: %v after %q", command, err, got.String())
		}
		got.Write(one)
	}
	if !strings.HasPrefix(got.String(), prefix) {
		t.Fatalf("%q: got %q, want %q", command, got.String(), prefix)
	}
}

func closeServer(t *testing.T, srv *fakeserver.Server) {
	t.Helper()
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
}

func TestInactivityTimerClosesSilentlyAndDeletesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drop := three()
		srv := fakeserver.New(drop, nil)
		c := serve(t, srv)
		begin := time.Now()
		exchange(t, c, "DELE 1\r\n", "+OK")
		<-time.After(9 * time.Minute)
		exchange(t, c, "NOOP\r\n", "+OK")
		if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("got %d octets and %v, want a close without a word", n, err)
		}
		if waited := time.Since(begin); waited != 19*time.Minute {
			t.Errorf("closed after %v, want 10 minutes after the last command", waited)
		}
		closeServer(t, srv)
		if got := len(drop.UIDs()); got != 3 {
			t.Errorf("%d messages left, want 3", got)
		}
		last := srv.Transcripts()[0].Lines
		if got := last[len(last)-1]; got != "[inactivity timer expired]" {
			t.Errorf("transcript ends with %q", got)
		}
	})
}

func TestHalfACommandDoesNotResetTheInactivityTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(three(), nil)
		c := serve(t, srv)
		begin := time.Now()
		for {
			if _, err := io.WriteString(c, "x"); err != nil {
				break
			}
			<-time.After(70 * time.Second)
		}
		if waited := time.Since(begin); waited != 10*time.Minute+30*time.Second {
			t.Errorf("found closed after %v, want the first try after 10 minutes", waited)
		}
		closeServer(t, srv)
	})
}

func TestAClientThatReadsNothingLosesItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drop := fakeserver.NewMaildrop(maildrop.Bytes("u", make([]byte, 1<<20)))
		srv := fakeserver.New(drop, &fakeserver.Options{IdleTimeout: time.Hour})
		c := serve(t, srv)
		begin := time.Now()
		if _, err := io.WriteString(c, "RETR 1\r\n"); err != nil {
			t.Fatal(err)
		}
		if err := srv.Wait(context.Background()); err != nil {
			t.Error(err)
		}
		if waited := time.Since(begin); waited != time.Hour {
			t.Errorf("given up after %v", waited)
		}
		if drop.Locked() {
			t.Error("the maildrop is still locked")
		}
		closeServer(t, srv)
	})
}

func TestPauseWaitsAndSendsWhatCameBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(three(), nil)
		srv.On(fakeserver.Match{Verb: "STAT"}, fakeserver.Auto.With(edit.Pause(time.Minute)))
		c := serve(t, srv)
		begin := time.Now()
		go func() { _, _ = io.WriteString(c, "NOOP\r\nSTAT\r\n") }()
		exchange(t, c, "", "+OK still")
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("the first reply came after %v", waited)
		}
		exchange(t, c, "", "+OK 3 42")
		if waited := time.Since(begin); waited != time.Minute {
			t.Errorf("the second reply came after %v", waited)
		}
		closeServer(t, srv)
	})
}

func TestCloseInterruptsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(three(), nil)
		srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto.With(edit.Pause(time.Hour)))
		c := serve(t, srv)
		begin := time.Now()
		if _, err := io.WriteString(c, "NOOP\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		closeServer(t, srv)
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("closed after %v", waited)
		}
	})
}

func TestALockedMaildropIsRefusedAfterTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(three(), &fakeserver.Options{LockWait: time.Minute})
		first := serve(t, srv)
		second, server := net.Pipe()
		go srv.ServeConn(server)
		exchange(t, second, "", "+OK")
		begin := time.Now()
		exchange(t, second, "USER demo\r\n", "+OK")
		exchange(t, second, "PASS demo\r\n", "-ERR [IN-USE]")
		if waited := time.Since(begin); waited != time.Minute {
			t.Errorf("refused after %v", waited)
		}
		exchange(t, second, "USER demo\r\n", "+OK")
		go func() {
			<-time.After(30 * time.Second)
			_ = first.Close()
		}()
		exchange(t, second, "PASS demo\r\n", "+OK")
		closeServer(t, srv)
	})
}

func TestShutdownWaitsForSessionsUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drop := three()
		srv := fakeserver.New(drop, nil)
		c := serve(t, srv)
		go func() {
			<-time.After(time.Second)
			_, _ = io.WriteString(c, "DELE 1\r\nQUIT\r\n")
			_, _ = io.Copy(io.Discard, c)
		}()
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := len(drop.UIDs()); got != 2 {
			t.Errorf("%d messages left, want 2", got)
		}

		srv = fakeserver.New(drop, nil)
		serve(t, srv)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want a deadline", err)
		}
	})
}
