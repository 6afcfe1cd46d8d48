package autosend

import (
	"bytes"
	"fmt"
	"net"
	"sync"
)

// replies is a connection to an SMTP server that accepts replies only when they are due: one for
// each write, and the greeting. It always reads, so that it sees a reply that a server sends too
// early. The next write fails then, since the reply would be taken for the reply to that command. A
// "250" before the end of a message, or in clear text before TLS, is an attempt to fake success.
type replies struct {
	net.Conn
	done chan struct{} // closed when reading has ended

	mu     sync.Mutex
	change sync.Cond
	unread []byte
	err    error // the error that ended reading
	opaque bool  // TLS: no replies any more
}

// maxAhead limits what is read ahead.
const maxAhead = 64 << 10

// newReplies reads from conn until it is closed; wait waits for that. first is read before what the
// server sends.
func newReplies(conn net.Conn, first string) *replies {
	r := &replies{Conn: conn, done: make(chan struct{}), unread: []byte(first)}
	r.change.L = &r.mu
	go r.pump()
	return r
}

func (r *replies) pump() {
	defer close(r.done)
	p := make([]byte, 4<<10)
	for {
		n, err := r.Conn.Read(p)
		r.mu.Lock()
		r.unread = append(r.unread, p[:n]...)
		for len(r.unread) > maxAhead && r.err == nil {
			r.change.Broadcast()
			r.change.Wait()
		}
		if err != nil && r.err == nil {
			r.err = err
		}
		ended := r.err != nil
		r.change.Broadcast()
		r.mu.Unlock()
		if ended {
			return
		}
	}
}

// Read implements io.Reader. It returns one line, or a piece of one, and after handOver whatever is
// there.
func (r *replies) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		n := bytes.IndexByte(r.unread, '\n') + 1
		if r.opaque || n == 0 && (r.err != nil || len(r.unread) >= len(p)) {
			n = len(r.unread)
		}
		if n > 0 {
			n = copy(p, r.unread[:n])
			r.unread = r.unread[n:]
			r.change.Broadcast()
			return n, nil
		}
		if r.err != nil {
			return 0, r.err
		}
		r.change.Wait()
	}
}

// Write implements io.Writer. It fails when the server has sent a reply that was not due.
func (r *replies) Write(p []byte) (int, error) {
	if err := r.ahead(); err != nil {
		return 0, err
	}
	return r.Conn.Write(p)
}

// ahead returns an error when the server has sent something before it was due.
func (r *replies) ahead() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opaque || len(r.unread) == 0 {
		return nil
	}
	line, _, _ := bytes.Cut(r.unread, []byte("\n"))
	said := clean(string(bytes.TrimSpace(line[:min(len(line), maxShown)])))
	if replyCode(said) == serviceGone { // RFC 5321 section 3.8: it may end the session at any time
		return fmt.Errorf("the server ends the session: %s", said)
	}
	return fmt.Errorf("%w: %q was sent before it was due", errNonsense, said)
}

// handOver ends the replies: from now on the octets belong to TLS. Nothing may have come before.
func (r *replies) handOver() error {
	if err := r.ahead(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opaque = true
	return nil
}

// stop closes the connection and waits for the end of reading.
func (r *replies) stop() {
	_ = r.Conn.Close()
	r.mu.Lock()
	if r.err == nil {
		r.err = net.ErrClosed
	}
	r.change.Broadcast()
	r.mu.Unlock()
	<-r.done
}
