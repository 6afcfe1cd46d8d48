package record_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fakeserver/record"
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
		srv.On(fakeserver.Match{Verb: "CONNECT"}, fakeserver.Auto.With(fakeserver.Pause(7*time.Second)))
		srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(fakeserver.Pause(time.Minute), fakeserver.PauseAt(17, 3*time.Second)))
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
