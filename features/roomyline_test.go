package features_test

import (
	"net"
	"sync"
	"time"
)

// roomyLine is a pipe with a buffer, as a TCP connection has one: a write does not wait for the
// other side to read, so two sides may write at the same time.
type roomyLine struct {
	net.Conn
	slow   time.Duration // how long each write is on its way
	mu     sync.Mutex
	queue  [][]byte
	more   chan struct{} // one slot
	closed chan struct{}
	once   sync.Once
}

func newRoomyLine(c net.Conn, slow time.Duration) *roomyLine {
	l := &roomyLine{Conn: c, slow: slow, more: make(chan struct{}, 1), closed: make(chan struct{})}
	go l.pass() // until Close
	return l
}

func (l *roomyLine) pass() {
	for {
		select {
		case <-l.more:
		case <-l.closed:
			return
		}
		l.mu.Lock()
		queue := l.queue
		l.queue = nil
		l.mu.Unlock()
		for _, p := range queue {
			select {
			case <-time.After(l.slow):
			case <-l.closed:
				return
			}
			if _, err := l.Conn.Write(p); err != nil {
				return // the other side has gone, as reading shows
			}
		}
	}
}

// Write never waits.
func (l *roomyLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.queue = append(l.queue, append([]byte{}, p...))
	l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

// Close loses what has not been passed on.
func (l *roomyLine) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Conn.Close()
}
