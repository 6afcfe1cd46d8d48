package check

import (
	"context"
	"errors"
	"net"
	"sync"
)

// OnePort is a port on which cases are served, one after the other.
type OnePort struct {
	socket net.Listener

	mu      sync.Mutex
	current *turn
}

// ListenOn listens on an address for a OnePort.
func ListenOn(ctx context.Context, address string) (*OnePort, error) {
	listen := net.ListenConfig{KeepAlive: -1}
	socket, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	p := &OnePort{socket: socket}
	go p.accept()
	return p, nil
}

// Addr returns the address as host:port.
func (p *OnePort) Addr() string { return p.socket.Addr().String() }

// Close closes the port.
func (p *OnePort) Close() error { return p.socket.Close() }

// accept passes each connection to the case that has the port now, until the port is closed.
func (p *OnePort) accept() {
	for {
		c, err := p.socket.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		t := p.current
		p.mu.Unlock()
		if t == nil || !t.take(c) {
			_ = c.Close() // no case has the port
		}
	}
}

// listen begins the turn of a case. It fails while another case has its turn.
func (p *OnePort) listen() (net.Listener, error) {
	t := &turn{addr: p.socket.Addr(), waiting: make(chan net.Conn), over: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		select {
		case <-p.current.over:
		default:
			return nil, errors.New("another case still has the port: cases on one port are played one after the other")
		}
	}
	p.current = t
	return t, nil
}

// user returns the id of the case, so that a client that is late cannot log in to another case.
func (*OnePort) user(c *Case) string {
	if len(c.scenario.Users) > 0 {
		return c.user()
	}
	return c.ID
}

// turn is the time in which one case has the port.
type turn struct {
	addr    net.Addr
	waiting chan net.Conn
	over    chan struct{}
	once    sync.Once
}

func (t *turn) take(c net.Conn) bool {
	select {
	case t.waiting <- c:
		return true
	case <-t.over:
		return false
	}
}

// Accept implements net.Listener.
func (t *turn) Accept() (net.Conn, error) {
	select {
	case c := <-t.waiting:
		return c, nil
	case <-t.over:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. The port stays open.
func (t *turn) Close() error {
	t.once.Do(func() { close(t.over) })
	return nil
}

// Addr implements net.Listener.
func (t *turn) Addr() net.Addr { return t.addr }
