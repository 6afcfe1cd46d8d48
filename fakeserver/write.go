package fakeserver

import (
	"net"
	"time"
)

const (
	// firstBuffer suffices for a session that only logs in and out.
	firstBuffer = 4 << 10
	// fullBuffer is the most that a busy session collects before it writes.
	fullBuffer = 64 << 10
	// largestWrite limits the octets sent within one write deadline.
	largestWrite = 1 << 20
)

// writer buffers the output of a session. Only that session uses it.
type writer struct {
	conn     net.Conn
	buf      []byte
	patience time.Duration // limits the wait for a client that does not read
	record   *recorder
	quit     <-chan struct{} // ends waiting
	before   func()          // called before the writer waits
	fragment Fragment
	stats    *stats
	err      error // the first failure; it stays
	sent     int64 // octets since it was set to 0
}

// Write buffers p. An error means that the connection is lost.
func (w *writer) Write(p []byte) (int, error) {
	w.record.server(p)
	w.sent += int64(len(p))
	if w.err != nil {
		return 0, w.err
	}
	if len(w.buf)+len(p) > cap(w.buf) && cap(w.buf) < fullBuffer {
		w.grow(len(w.buf) + len(p))
	}
	if len(w.buf)+len(p) > cap(w.buf) {
		if err := w.flush(); err != nil {
			return 0, err
		}
		if len(p) >= cap(w.buf) {
			return len(p), w.put(p)
		}
	}
	w.buf = append(w.buf, p...)
	return len(p), nil
}

func (w *writer) grow(need int) {
	size := firstBuffer
	if need > size {
		size = fullBuffer
	}
	if size > cap(w.buf) {
		w.buf = append(make([]byte, 0, size), w.buf...)
	}
}

// flush sends the buffered octets. It blocks until the client accepts them.
func (w *writer) flush() error {
	w.before()
	if w.err == nil && len(w.buf) > 0 {
		w.err = w.put(w.buf)
		w.buf = w.buf[:0]
	}
	return w.err
}

// put writes p to the connection. Nothing else does.
func (w *writer) put(p []byte) error {
	for len(p) > 0 && w.err == nil {
		n := min(len(p), largestWrite)
		if w.fragment != Whole {
			n = w.fragment.piece(p[:n])
		}
		if w.err = w.conn.SetWriteDeadline(time.Now().Add(w.patience)); w.err == nil {
			_, w.err = w.conn.Write(p[:n])
			w.record.watch.passed()
			w.stats.sent.Add(int64(n))
		}
		p = p[n:]
	}
	return w.err
}

// Rest flushes the buffer and waits. It fails when the server is being closed.
func (w *writer) Rest(d time.Duration) error {
	if err := w.flush(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		w.record.passed()
		return nil
	case <-w.quit:
		return net.ErrClosed
	}
}

// Push flushes the buffer.
func (w *writer) Push() error { return w.flush() }
