package wire

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

const halfTrip = 500 * time.Microsecond

// withLine runs f in a bubble with the two ends of a line of half a millisecond in each direction.
func withLine(t *testing.T, f func(t *testing.T, cancel context.CancelFunc, a, b net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		a, left := net.Pipe()
		right, b := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		line := delay{each: halfTrip, nap: func(d time.Duration) { <-time.After(d) }}
		ended := make(chan struct{})
		go func() {
			line.join(ctx, left, right)
			close(ended)
		}()
		f(t, cancel, a, b)
		_, _ = a.Close(), b.Close()
		<-ended
		cancel()
	})
}

func write(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Error(err)
	}
}

// read expects that text is the next to arrive.
func read(t *testing.T, from io.Reader, text string) {
	t.Helper()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(from, got); err != nil || string(got) != text {
		t.Errorf("%q, %v have arrived, not %q", got, err, text)
	}
}

// passed expects that so much time has passed since start, which in a bubble is exact.
func passed(t *testing.T, start time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(start); got != want {
		t.Errorf("it took %v, not %v", got, want)
	}
}

func TestADelayTakesHalfTheRoundTripInEachDirection(t *testing.T) {
	withLine(t, func(t *testing.T, _ context.CancelFunc, a, b net.Conn) {
		start := time.Now()
		write(t, a, "TOP 1 0\r\n")
		read(t, b, "TOP 1 0\r\n")
		passed(t, start, halfTrip)
		write(t, b, "+OK\r\n")
		read(t, a, "+OK\r\n")
		passed(t, start, 2*halfTrip)
	})
}

func TestADelayIsThatOfOneHoweverManyAreOnTheWay(t *testing.T) {
	withLine(t, func(t *testing.T, _ context.CancelFunc, a, b net.Conn) {
		start := time.Now()
		sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 16 parcels
		go func() { write(t, a, string(sent)) }()
		read(t, b, string(sent))
		passed(t, start, halfTrip)
	})
}

func TestADelayKeepsTheDistanceBetweenWrites(t *testing.T) {
	withLine(t, func(t *testing.T, _ context.CancelFunc, a, b net.Conn) {
		start := time.Now()
		write(t, a, "first")
		<-time.After(200 * time.Microsecond)
		write(t, a, "second")
		read(t, b, "first")
		passed(t, start, halfTrip)
		read(t, b, "second")
		passed(t, start, halfTrip+200*time.Microsecond)
	})
}

func TestADelayLongerThanATimerIsLateIsExactToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := delay{nap: func(d time.Duration) { <-time.After(d) }}
		start := time.Now()
		line.until(t.Context(), start.Add(time.Second))
		passed(t, start, time.Second)
	})
}

func TestADelayHoldsABoundedAmount(t *testing.T) {
	withLine(t, func(t *testing.T, _ context.CancelFunc, a, b net.Conn) {
		written := make(chan int, 1)
		go func() { // until the other end, which does not read, closes
			n := 0
			for {
				m, err := a.Write(make([]byte, parcelSize))
				if n += m; err != nil {
					written <- n
					return
				}
			}
		}()
		synctest.Wait()
		<-time.After(time.Second)
		_ = b.Close()
		if n := <-written; n > parcels*parcelSize {
			t.Errorf("%d octets were taken that nobody has read", n)
		}
	})
}

func TestTheEndOfALineComesAfterAllThatWasSent(t *testing.T) {
	withLine(t, func(t *testing.T, _ context.CancelFunc, a, b net.Conn) {
		start := time.Now()
		write(t, a, "QUIT\r\n")
		_ = a.Close()
		got, err := io.ReadAll(b)
		if string(got) != "QUIT\r\n" || err != nil {
			t.Errorf("%q, %v have arrived", got, err)
		}
		passed(t, start, halfTrip)
	})
}

func TestACancelledLineEndsAtOnce(t *testing.T) {
	withLine(t, func(t *testing.T, cancel context.CancelFunc, a, b net.Conn) {
		write(t, a, "on the way")
		start := time.Now()
		cancel()
		if n, err := b.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%d octets, %v", n, err)
		}
		passed(t, start, 0)
	})
}

// Real sockets: the relay listens, joins, and leaves nothing behind.
func TestARelayEndsWithItsOwner(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	r, err := StartRelay(t.Context(), server.Addr().String(), Line{RoundTrip: time.Millisecond}, nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", r.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	served, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = served.Close() }()
	write(t, served, "+OK ready\r\n")
	read(t, client, "+OK ready\r\n")
	if half, ok := served.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the end of one direction has come as %v", err)
	}
	write(t, client, "still there")
	read(t, served, "still there")
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := served.Read(make([]byte, 1)); err == nil {
		t.Error("the relay has ended and its connection has not")
	}
}
