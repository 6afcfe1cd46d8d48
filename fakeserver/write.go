package fakeserver

import (
	"net"
	"time"
)

// largestWrite limits the octets sent within one write deadline.
const largestWrite = 1 << 20

// writer buffers the output of a session. Only that session uses it.
type writer struct {
	conn     net.Conn
	lender   *lender
	buf      []byte        // nil during waits
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
	if len(w.buf)+len(p) > piece {
		if err := w.flush(); err != nil {
			return 0, err
		}
		if len(p) >= piece {
			return len(p), w.put(p)
		}
	}
	if w.buf == nil {
		w.buf = w.lender.piece()
	}
	w.buf = append(w.buf, p...)
	return len(p), nil
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

// rest flushes the buffer and gives it back, since a wait follows.
func (w *writer) rest() error {
	err := w.flush()
	if w.buf != nil {
		w.lender.takePiece(w.buf)
		w.buf = nil
	}
	return err
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
	if err := w.rest(); err != nil || d <= 0 {
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
