package pop3

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// line is the connection with its deadlines. Each Read and Write waits at most timeout; cancelling
// the call ends the wait at once.
type line struct {
	conn    net.Conn // the *tls.Conn after the handshake; changed only by the goroutine that calls the session
	wire    net.Conn // conn, or the connection below its TLS
	timeout time.Duration
	pace    pace
	rest    allowance

	mu        sync.Mutex
	call      uint64 // counts calls, so that a late cancel of an earlier call does nothing
	cancelled bool   // the current call is cancelled: its deadlines stay in the past
}

func (l *line) Read(p []byte) (int, error) {
	if err := l.rest.check(); err != nil {
		return 0, err
	}
	now := time.Now()
	wait, paced := l.pace.bound(l.timeout)
	if err := l.wait(reading, now.Add(wait)); err != nil {
		return 0, err
	}
	n, err := l.conn.Read(p)
	l.rest.took(n)
	if l.pace.rate > 0 {
		l.pace.took(time.Since(now), n)
	}
	if paced && errors.Is(err, os.ErrDeadlineExceeded) {
		err = &slowError{l.pace.rate}
	}
	return n, err
}

func (l *line) Write(p []byte) (int, error) {
	if err := l.wait(writing, time.Now().Add(l.timeout)); err != nil {
		return 0, err
	}
	return l.conn.Write(p)
}

// unbindWrites removes the deadline of writes; reads keep theirs.
func (l *line) unbindWrites() error { return l.wait(writing, time.Time{}) }

type direction bool

const (
	reading direction = false
	writing direction = true
)

// wait sets the deadline of one direction. It fails when the call is cancelled.
func (l *line) wait(d direction, until time.Time) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.cancelled:
		return os.ErrDeadlineExceeded
	case d == writing:
		err = l.wire.SetWriteDeadline(until)
	default:
		err = l.wire.SetReadDeadline(until)
	}
	if errors.Is(err, io.ErrClosedPipe) { // the peer closed a net.Pipe: the next read reports that better
		return nil
	}
	return err
}

// watch ends every read and write when ctx is cancelled, until stop is called.
func (l *line) watch(ctx context.Context) (stop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.call++
	l.cancelled = false
	call := l.call
	unhook := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.call == call {
			l.cancelled = true
			_ = l.wire.SetDeadline(time.Unix(1, 0)) // fails only on a closed connection, on which nothing waits
		}
	})
	return func() {
		unhook()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.call++
	}
}
