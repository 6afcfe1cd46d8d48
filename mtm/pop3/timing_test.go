package pop3_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/mtm/pop3"
)

// inBubble runs test in fake time with a session whose server runs serve after the greeting. Every
// goroutine must end.
func inBubble(t *testing.T, serve func(conn net.Conn, in *bufio.Reader), test func(t *testing.T, s *pop3.Session)) {
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
		s, err := pop3.NewSession(context.Background(), client, nil)
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
		_ = s.Close()
		<-ended
	})
}

func hearLine(in *bufio.Reader) { _, _ = in.ReadString('\n') }

// A missing dot looks like a late one, so only the timeout ends the wait. The error says what is
// missing.
func TestAMissingDotIsNamedWhenTheTimeIsUp(t *testing.T) {
	inBubble(t, func(conn net.Conn, in *bufio.Reader) {
		hearLine(in)
		_, _ = io.WriteString(conn, "+OK\r\nabc\r\n")
	}, func(t *testing.T, s *pop3.Session) {
		err := s.RetrAll(context.Background(), []int{2}, fiveOctets{})
		if err == nil || err.Error() != "the closing dot of RETR 2 is missing: no data from the server for 1m0s after 5 octets, the size in LIST" {
			t.Fatal(err)
		}
	})
}

// fiveOctets is a Sizer whose messages have five octets.
type fiveOctets struct{}

func (fiveOctets) Size(int) int64                 { return 5 }
func (fiveOctets) Message(int) (io.Writer, error) { return io.Discard, nil }
func (fiveOctets) Done(int, int64, error) error   { return nil }

func TestSilenceForTheTimeoutSpoilsTheSession(t *testing.T) {
	inBubble(t, func(conn net.Conn, in *bufio.Reader) {
		hearLine(in)
		<-time.After(59 * time.Second) // quirk 34: PASS answers late
		_, _ = io.WriteString(conn, "+OK\r\n")
		hearLine(in) // quirk 91: silence without close
	}, func(t *testing.T, s *pop3.Session) {
		if err := s.Pass(context.Background(), "sesame"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err := s.Retr(context.Background(), 2, io.Discard)
		var netErr net.Error
		if !errors.As(err, &netErr) || !netErr.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%#v is no timeout", err)
		}
		if err.Error() != "no data from the server for 1m0s during RETR 2" {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != time.Minute {
			t.Fatalf("waited %v", waited)
		}
		if s.Err() != err || s.Noop(context.Background()) != err {
			t.Fatal("the session is not spoiled by that error")
		}
	})
}

func TestAServerThatNeverReadsIsATimeout(t *testing.T) {
	inBubble(t, func(net.Conn, *bufio.Reader) { <-time.After(time.Hour) }, func(t *testing.T, s *pop3.Session) {
		var line *pop3.LineError
		if err := s.Noop(context.Background()); !errors.As(err, &line) || !line.Timeout() {
			t.Fatal(err)
		}
	})
}

func TestAGreetingThatNeverComesIsATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer server.Close()
		_, err := pop3.NewSession(context.Background(), client, &pop3.Options{Timeout: 5 * time.Second})
		if err == nil || err.Error() != "no greeting from the server for 5s" {
			t.Fatal(err)
		}
		if _, err := server.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Fatalf("the connection is still open: %v", err)
		}
	})
}

func TestSlowButSteadyIsNoTimeout(t *testing.T) {
	inBubble(t, func(conn net.Conn, in *bufio.Reader) {
		hearLine(in)
		for _, c := range "+OK\r\nab\r\n.\r\n" {
			<-time.After(50 * time.Second)
			_, _ = io.WriteString(conn, string(c))
		}
	}, func(t *testing.T, s *pop3.Session) {
		if n, err := s.Retr(context.Background(), 1, io.Discard); n != 4 || err != nil {
			t.Fatal(n, err)
		}
	})
}

func TestCancelEndsAnyWaitAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("the user left")
	inBubble(t, func(conn net.Conn, in *bufio.Reader) {
		hearLine(in)
		_, _ = io.WriteString(conn, "+OK\r\nhalf")
	}, func(t *testing.T, s *pop3.Session) {
		time.AfterFunc(7*time.Second, func() { cancel(why) })
		start := time.Now()
		_, err := s.Retr(ctx, 1, io.Discard)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Fatal(err)
		}
		if err.Error() != "cancelled during RETR 1: context canceled: the user left" {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 7*time.Second {
			t.Fatalf("waited %v", waited)
		}
		if s.Noop(context.Background()) != err {
			t.Fatal("the session is not spoiled")
		}
	})
}

func TestADeadlineOfTheContextCounts(t *testing.T) {
	inBubble(t, func(net.Conn, *bufio.Reader) { <-time.After(time.Hour) }, func(t *testing.T, s *pop3.Session) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.DeleAll(ctx, []int{1, 2}, func(int, error) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

func TestACancelBeforeTheCallSpoilsTheSession(t *testing.T) {
	inBubble(t, func(net.Conn, *bufio.Reader) {}, func(t *testing.T, s *pop3.Session) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := s.Quit(ctx)
		if !errors.Is(err, context.Canceled) || !errors.Is(s.Err(), context.Canceled) {
			t.Fatal(err, s.Err())
		}
		if _, err := pop3.NewSession(ctx, nopConn{}, nil); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	})
}

type nopConn struct{ net.Conn }

func (nopConn) Close() error { return nil }

func TestACancelAfterTheReplyDoesNotTouchTheNextCall(t *testing.T) {
	inBubble(t, func(conn net.Conn, in *bufio.Reader) {
		for range 2 {
			hearLine(in)
			<-time.After(time.Second)
			_, _ = io.WriteString(conn, "+OK\r\n")
		}
	}, func(t *testing.T, s *pop3.Session) {
		ctx, cancel := context.WithCancel(context.Background())
		if err := s.Noop(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := s.Noop(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCloseFromElsewhereEndsARun(t *testing.T) {
	inBubble(t, func(net.Conn, *bufio.Reader) { <-time.After(time.Hour) }, func(t *testing.T, s *pop3.Session) {
		time.AfterFunc(time.Second, func() { _ = s.Close() })
		if err := s.RetrAll(context.Background(), []int{1, 2}, &skips{}); err != pop3.ErrClosed {
			t.Fatal(err)
		}
	})
}

// The server does not read a second command while it sends one long message, and the sink needs
// longer than the timeout to store it. Neither is silence of the server.
func TestASlowSinkOrALongMessageIsNoTimeout(t *testing.T) {
	inBubble(t, func(conn net.Conn, in *bufio.Reader) {
		hearLine(in)
		_, _ = io.WriteString(conn, "+OK\r\nPIPELINING\r\n.\r\n")
		hearLine(in)
		_, _ = io.WriteString(conn, stat)
		b := make([]byte, len("RETR 1\r\nSTAT\r\n")) // not a byte more, so that the client's batch of commands stays stuck
		for range 3 {
			_, _ = io.ReadFull(conn, b)
			_, _ = io.WriteString(conn, "+OK\r\n")
			for range 100 {
				<-time.After(50 * time.Second)
				_, _ = io.WriteString(conn, strings.Repeat("x\r\n", 100))
			}
			_, _ = io.WriteString(conn, ".\r\n"+stat)
		}
	}, func(t *testing.T, s *pop3.Session) {
		if _, err := s.Capa(context.Background()); err != nil {
			t.Fatal(err)
		}
		slow := &slowSink{}
		if err := s.RetrAll(context.Background(), []int{1, 2, 3}, slow); err != nil || slow.octets != 3*100*300 {
			t.Fatal(slow.octets, err)
		}
	})
}

// The server answers without reading the commands, and sends more replies than the run needs.
func TestAnswersAheadOfTheCommandsNeitherHangNorLoseMessages(t *testing.T) {
	for _, c := range []struct{ replies, messages int }{{2, 2}, {1000, 1000}, {1000, 2000}} {
		inBubble(t, func(conn net.Conn, in *bufio.Reader) {
			hearLine(in)
			_, _ = io.WriteString(conn, "+OK\r\nPIPELINING\r\n.\r\n")
			<-time.After(time.Second) // otherwise they would come before the command
			_, _ = io.WriteString(conn, strings.Repeat("+OK\r\n", c.replies))
			<-time.After(time.Hour)
		}, func(t *testing.T, s *pop3.Session) {
			if _, err := s.Capa(context.Background()); err != nil {
				t.Fatal(err)
			}
			err := s.DeleAll(context.Background(), numbers(c.messages), func(int, error) error { return nil })
			if err == nil || s.Err() != err {
				t.Fatalf("%v, and the session: %v", err, s.Err())
			}
		})
	}
}

type slowSink struct {
	octets int64
}

func (*slowSink) Message(int) (io.Writer, error) { return io.Discard, nil }

func (s *slowSink) Done(_ int, octets int64, _ error) error {
	<-time.After(time.Hour) // fake time
	s.octets += octets
	return nil
}
