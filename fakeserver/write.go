package fakeserver

import (
	"errors"
	"io"
	"net"
	"time"

	"pop3mtm/fakeserver/edit"
)

const (
	// firstBuffer is enough for a session that only logs in and out.
	firstBuffer = 4 << 10
	// fullBuffer is what a busy session collects before it writes.
	fullBuffer = 64 << 10
	// largestWrite is how much has to leave within one write deadline.
	largestWrite = 1 << 20
	// lingering is how long a closed connection is still read. Closing with
	// unread commands would reset it and could destroy the last reply.
	lingering = time.Second
)

// writer collects what a session sends. It is used by that session alone.
type writer struct {
	conn     net.Conn
	buf      []byte
	patience time.Duration // a client that reads nothing for so long is given up
	record   *recorder
	quit     <-chan struct{} // ends waiting
	fragment Fragment
	err      error // first failure, for ever
	sent     int64 // octets since somebody set it to 0
}

// Write buffers p. An error means that the connection is gone.
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

// flush sends what is buffered. It blocks until the client has room for it.
func (w *writer) flush() error {
	if w.err == nil && len(w.buf) > 0 {
		w.err = w.put(w.buf)
		w.buf = w.buf[:0]
	}
	return w.err
}

// put is the one place that writes to a connection.
func (w *writer) put(p []byte) error {
	for len(p) > 0 && w.err == nil {
		n := min(len(p), largestWrite)
		if w.fragment != Whole {
			n = w.fragment.piece(p[:n])
		}
		if w.err = w.conn.SetWriteDeadline(time.Now().Add(w.patience)); w.err == nil {
			_, w.err = w.conn.Write(p[:n])
		}
		p = p[n:]
	}
	return w.err
}

// send writes a reply as it is, and does what its chunks say about time and
// about the connection. It stops at the first End that is not Open.
func (s *Session) send(r edit.Reply) (edit.End, error) {
	for _, c := range r {
		if c.Pause > 0 {
			if err := s.out.Rest(c.Pause); err != nil {
				return edit.Open, err
			}
		}
		end, err := s.sendChunk(c)
		if err != nil {
			return edit.Open, err
		}
		if end != edit.Open {
			return end, s.end(end)
		}
	}
	return edit.Open, nil
}

func (s *Session) sendChunk(c edit.Chunk) (edit.End, error) {
	if _, err := s.out.Write(c.Bytes); err != nil {
		return edit.Open, err
	}
	if c.Body == nil {
		return c.End, nil
	}
	s.record.beginBody()
	_, err := c.Body.WriteTo(&s.out)
	s.record.endBody()
	if cut, ok := errors.AsType[*edit.CutError](err); ok {
		if cut.How == edit.Open {
			return edit.Open, nil
		}
		return cut.How, nil
	}
	if err != nil {
		if s.out.err != nil { // the line broke: that is all there is to tell
			return edit.Open, s.out.err
		}
		return edit.Open, errors.Join(err, s.out.flush())
	}
	return c.End, nil
}

// Rest sends what is buffered and waits. It fails when the server is being closed.
func (w *writer) Rest(d time.Duration) error {
	if err := w.flush(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-w.quit:
		return net.ErrClosed
	}
}

// Push sends what is buffered.
func (w *writer) Push() error { return w.flush() }

// end sends what is buffered and ends the connection. The maildrop is free
// before the client can notice.
func (s *Session) end(how edit.End) error {
	if how == edit.Stall {
		return s.stall()
	}
	s.release()
	if err := s.out.flush(); err != nil {
		return err
	}
	if tcp, ok := s.conn.(interface{ SetLinger(int) error }); ok && how == edit.Reset {
		return tcp.SetLinger(0)
	}
	if s.tls != nil && how != edit.Drop {
		// RFC 8446 section 6.1: close_notify. A client that has gone at once has
		// its replies all the same.
		_ = s.tls.CloseWrite()
	}
	half, ok := s.conn.(interface{ CloseWrite() error })
	if !ok {
		return nil
	}
	patience := s.server.o.IdleTimeout
	if how != edit.HalfClose {
		patience = min(patience, lingering)
	}
	if err := half.CloseWrite(); err != nil {
		return err
	}
	if err := s.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, s.in) // ends with the client, or with the deadline
	return nil
}

// stall sends what is buffered and reads until the client closes.
func (s *Session) stall() error {
	if err := s.out.flush(); err != nil {
		return err
	}
	if err := s.conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, s.in) // ends with the client, or with the server
	return nil
}
