package record_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fakeserver/record"
	"pop3mtm/fixtures"
)

// lateSession sends commands one by one over a pipe, and gives when each octet
// that ends a line came.
func lateSession(t *testing.T, serve func(net.Conn)) (times []time.Duration) {
	t.Helper()
	near, far := net.Pipe()
	go serve(far)
	started := time.Now()
	one := make([]byte, 1)
	next := func() {
		for one[0] = 0; one[0] != '\n'; {
			if _, err := near.Read(one); err != nil {
				t.Fatal(err)
			}
		}
		times = append(times, time.Since(started))
	}
	next()
	for _, command := range []string{"USER demo", "PASS demo", "RETR 1", "QUIT"} {
		if _, err := io.WriteString(near, command+"\r\n"); err != nil {
			t.Fatal(err)
		}
		next()
		if command == "RETR 1" {
			for range 4 {
				next()
			}
		}
	}
	if err := near.Close(); err != nil {
		t.Fatal(err)
	}
	return times
}

func TestReplayKeepsTheRecordedTimesOnWish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(fakeserver.NewMaildrop(maildrop.Bytes("a", []byte("Subject: x\r\n\r\ntext\r\n"))), nil)
		srv.On(fakeserver.Match{Verb: "CONNECT"}, fakeserver.Auto.With(edit.Pause(7*time.Second)))
		srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.Pause(time.Minute), edit.PauseAt(17, 3*time.Second)))
		var transcript bytes.Buffer
		proxy := record.NewProxy(&transcript, &record.ProxyOptions{Dial: func(context.Context) (net.Conn, error) {
			near, far := net.Pipe()
			go srv.ServeConn(far)
			return near, nil
		}})
		recorded := lateSession(t, proxy.ServeConn)
		synctest.Wait()
		if err := proxy.Close(); err != nil {
			t.Fatal(err)
		}
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
		recording, err := record.Read(strings.NewReader(transcript.String()), int64(transcript.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, timing := range []bool{true, false} {
			p := recording.Replay(&record.ReplayOptions{Timing: timing})
			replayed := lateSession(t, p.ServeConn)
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			for i := range recorded {
				want := recorded[i]
				if !timing {
					want = 0
				}
				if replayed[i] != want {
					t.Errorf("timing %t: line %d came after %v, not %v\n%s", timing, i+1, replayed[i], want, transcript.String())
				}
			}
		}
	})
}

// oneWay is a client that has closed its half.
type oneWay struct {
	net.Conn
	says io.Reader
	hear bytes.Buffer
}

func (c *oneWay) Read(p []byte) (int, error)  { return c.says.Read(p) }
func (c *oneWay) Write(p []byte) (int, error) { return c.hear.Write(p) }

func TestAClientThatHasClosedItsHalfHearsTheAnswersOfAServerThatEndsWithTLS(t *testing.T) {
	ca := fixtures.NewCA()
	synctest.Test(t, func(t *testing.T) {
		serve := func(c net.Conn) {
			defer c.Close()
			in := bufio.NewReader(c)
			_, err := io.WriteString(c, "+OK\r\n")
			for err == nil {
				if _, err = in.ReadString('\n'); err != nil {
					return
				}
				// It notices an end while it thinks.
				ended := make(chan error, 1)
				go func() {
					_, peekErr := in.Peek(1)
					ended <- peekErr
				}()
				select {
				case err = <-ended:
				case <-time.After(time.Second):
					if _, err = io.WriteString(c, "+OK answered\r\n"); err == nil {
						err = <-ended
					}
				}
			}
		}
		proxy := record.NewProxy(io.Discard, &record.ProxyOptions{
			Upstream:  record.ImplicitTLS,
			ClientTLS: &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12},
			Dial: func(context.Context) (net.Conn, error) {
				near, far := net.Pipe()
				go serve(tls.Server(far, ca.Server()))
				return near, nil
			},
		})
		near, far := net.Pipe()
		defer near.Close()
		c := &oneWay{Conn: far, says: strings.NewReader("NOOP\r\n")}
		proxy.ServeConn(c)
		if err := proxy.Close(); err != nil {
			t.Fatal(err)
		}
		if got := c.hear.String(); got != "+OK\r\n+OK answered\r\n" {
			t.Errorf("the client heard %q", got)
		}
	})
}
