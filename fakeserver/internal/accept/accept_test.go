package accept_test

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver/internal/accept"
)

// listener fails until a moment, and gives one connection then.
type listener struct {
	until  time.Time
	fails  int
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, net.ErrClosed
	default:
	}
	if time.Now().Before(l.until) {
		l.fails++
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	near, _ := net.Pipe()
	return near, nil
}

func (l *listener) Close() error   { return nil }
func (l *listener) Addr() net.Addr { return nil }

type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(p))
	return len(p), nil
}

func TestFailuresAreWaitedOutAndLoggedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &lines{}
		l := &listener{until: time.Now().Add(10 * time.Second), closed: make(chan struct{})}
		loop := accept.Loop{Listener: l, Quit: make(chan struct{}), Log: slog.New(slog.NewTextHandler(log, nil))}
		c, err := loop.Next()
		if err != nil || c == nil {
			t.Fatalf("got %v, %v", c, err)
		}
		_ = c.Close()
		if len(log.all) < 5 || len(log.all) > 11 || !strings.Contains(log.all[0], "too many open files") {
			t.Errorf("%d records: %v", len(log.all), log.all)
		}
		if l.fails < 10 || l.fails > 30 {
			t.Errorf("%d attempts in ten seconds", l.fails)
		}
	})
}

func TestAPauseEndsWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quit := make(chan struct{})
		loop := accept.Loop{Listener: &listener{until: time.Now().Add(time.Hour)}, Quit: quit, Log: slog.New(slog.DiscardHandler)}
		begin := time.Now()
		time.AfterFunc(90*time.Second, func() { close(quit) })
		if _, err := loop.Next(); !errors.Is(err, syscall.EMFILE) || time.Since(begin) != 90*time.Second {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
	})
}

func TestAClosedListenerEndsTheLoop(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	loop := accept.Loop{Listener: &listener{closed: closed}, Log: slog.New(slog.DiscardHandler)}
	if _, err := loop.Next(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
