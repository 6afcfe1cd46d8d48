// Package accept accepts connections from a listener and retries after failures: a server without
// free file descriptors continues to serve its clients, and accepts new ones when it can.
package accept

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

const (
	// firstWait is the pause after the first failure in a row; it doubles up to longestWait.
	firstWait   = 5 * time.Millisecond
	longestWait = time.Second
)

// Loop accepts connections until its listener is closed.
type Loop struct {
	Listener net.Listener
	// Quit ends a pause; the owner closes it together with the listener.
	Quit <-chan struct{}
	// Log receives at most one record a second, however many attempts fail.
	Log *slog.Logger

	logs   Second
	failed int // since the last log record
}

// Second limits an action to once a second. The zero value is ready; its methods are safe for
// concurrent use.
type Second struct {
	mu   sync.Mutex
	last time.Time
}

// Due reports whether a second has passed since it last returned true.
func (s *Second) Due(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() && now.Sub(s.last) < time.Second {
		return false
	}
	s.last = now
	return true
}

// Next returns the next connection. It returns an error only when the listener or Quit is closed.
// After any other failure, such as EMFILE, it logs the error and tries again.
func (a *Loop) Next() (net.Conn, error) {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		c, err := a.Listener.Accept()
		if err == nil || errors.Is(err, net.ErrClosed) {
			return c, err
		}
		a.report(err)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-a.Quit:
			timer.Stop()
			return nil, err
		}
	}
}

func (a *Loop) report(err error) {
	a.failed++
	if a.logs.Due(time.Now()) {
		a.Log.Warn("cannot accept connections, trying again", "error", err, "failures", a.failed)
		a.failed = 0
	}
}
