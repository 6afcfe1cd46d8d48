package smtpsink

import (
	"bytes"
	"io"
	"net"
	"sync"
)

// pipeListener gives go-smtp the far ends of pipes.
type pipeListener struct {
	conns chan net.Conn
	quit  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), quit: make(chan struct{})}
}

// Accept implements net.Listener.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.quit:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.quit) })
	return nil
}

// Addr implements net.Listener.
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// pipeEnd is the far end of a pipe; go-smtp's backend finds its talk through it. Writes never
// block, since go-smtp may write a second reply before the first is read.
type pipeEnd struct {
	net.Conn
	talk    *talk
	replies *inbox
}

func (e *pipeEnd) Write(p []byte) (int, error) { return e.replies.Write(p) }

func (e *pipeEnd) Close() error {
	e.replies.close()
	return e.Conn.Close()
}

// dial returns a new pipe: a connection to write to, and an inbox to read from. It returns nil when
// the listener is closed.
func (l *pipeListener) dial(t *talk) (net.Conn, *inbox) {
	near, far := net.Pipe()
	replies := newInbox()
	select {
	case l.conns <- &pipeEnd{far, t, replies}:
		return near, replies
	case <-l.quit:
		_, _ = near.Close(), far.Close()
		return nil, nil
	}
}

// inbox holds output of go-smtp that is not read yet: a few lines.
type inbox struct {
	mu     sync.Mutex
	more   sync.Cond
	buf    bytes.Buffer
	closed bool
}

func newInbox() *inbox {
	b := &inbox{}
	b.more.L = &b.mu
	return b
}

func (b *inbox) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, io.ErrClosedPipe
	}
	b.more.Signal()
	return b.buf.Write(p)
}

// Read waits for output, or for the end of the pipe.
func (b *inbox) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.buf.Len() == 0 && !b.closed {
		b.more.Wait()
	}
	return b.buf.Read(p)
}

func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.more.Broadcast()
}
