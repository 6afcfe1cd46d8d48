package pop3_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/mtm/pop3"
)

// paced opens a session with a MinRate of 100 octets per second, whose server runs serve.
func paced(t *testing.T, serve func(conn net.Conn, in *bufio.Reader), test func(t *testing.T, s *pop3.Session)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			defer server.Close()
			_, _ = io.WriteString(server, "+OK\r\n")
			serve(server, bufio.NewReader(server))
			_, _ = io.Copy(io.Discard, server)
		}()
		s, err := pop3.NewSession(context.Background(), client, &pop3.Options{MinRate: 100})
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
		_ = s.Close()
		<-ended
	})
}

// drip sends text in pieces, each after a pause, until the client closes the connection.
func drip(conn net.Conn, piece string, pause time.Duration) {
	for {
		<-time.After(pause)
		if _, err := io.WriteString(conn, piece); err != nil {
			return
		}
	}
}

func TestAServerThatDripsEndsTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(conn net.Conn)
		ask   func(s *pop3.Session) error
	}{
		"a message": {func(conn net.Conn) {
			_, _ = io.WriteString(conn, "+OK\r\n")
			drip(conn, "a line\r\n", time.Second)
		}, func(s *pop3.Session) error { _, err := s.Retr(context.Background(), 1, io.Discard); return err }},
		"a list": {func(conn net.Conn) {
			_, _ = io.WriteString(conn, "+OK\r\n")
			drip(conn, "1 a\r\n", time.Second)
		}, func(s *pop3.Session) error { _, err := s.Uidl(context.Background()); return err }},
		"a status line": {func(conn net.Conn) { drip(conn, "+", time.Second) },
			func(s *pop3.Session) error { return s.Noop(context.Background()) }},
		"nothing behind a beginning": {func(conn net.Conn) { _, _ = io.WriteString(conn, "+OK") },
			func(s *pop3.Session) error { return s.Noop(context.Background()) }},
	} {
		t.Run(name, func(t *testing.T) {
			paced(t, func(conn net.Conn, in *bufio.Reader) { hearLine(in); c.serve(conn) }, func(t *testing.T, s *pop3.Session) {
				start := time.Now()
				err := c.ask(s)
				var line *pop3.LineError
				if !errors.As(err, &line) || line.Rate != 100 || !line.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatalf("%#v", err)
				}
				if took := time.Since(start); took < 9*time.Second || took > 13*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestAServerThatIsFastEnoughGoesOn(t *testing.T) {
	for name, serve := range map[string]func(conn net.Conn){
		"in pieces":                  func(conn net.Conn) { dripTo(conn, "a line of thirty octets and so\r\n", time.Second/4, 400) },
		"with pauses":                func(conn net.Conn) { dripTo(conn, string(make([]byte, 1000)), 9*time.Second, 10) },
		"late, as often as is asked": nil,
	} {
		t.Run(name, func(t *testing.T) {
			paced(t, func(conn net.Conn, in *bufio.Reader) {
				for serve == nil {
					if _, err := in.ReadString('\n'); err != nil {
						return
					}
					<-time.After(30 * time.Second)
					_, _ = io.WriteString(conn, "+OK\r\n")
				}
				hearLine(in)
				_, _ = io.WriteString(conn, "+OK\r\n")
				serve(conn)
				_, _ = io.WriteString(conn, "\r\n.\r\n")
			}, func(t *testing.T, s *pop3.Session) {
				for range 20 {
					var err error
					if serve != nil {
						_, err = s.Top(context.Background(), 1, 0, io.Discard)
						if err != nil {
							t.Fatal(err)
						}
						return
					}
					if err = s.Noop(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
			})
		})
	}
}

func dripTo(conn net.Conn, piece string, pause time.Duration, n int) {
	for range n {
		<-time.After(pause)
		_, _ = io.WriteString(conn, piece)
	}
}
