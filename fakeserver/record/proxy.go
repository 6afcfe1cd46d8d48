package record

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"pop3mtm/fakeserver/internal/accept"
	"pop3mtm/fakeserver/notation"
)

// ErrClosed is returned by Serve after Shutdown or Close.
var ErrClosed = errors.New("the recorder is closed")

// Upstream says how the line to the real server is protected.
type Upstream int

const (
	// Plain leaves that to the client: when it asks for STLS, the real server is
	// asked too.
	Plain Upstream = iota
	// STLS asks for TLS before the client hears the greeting.
	STLS
	// ImplicitTLS begins with TLS.
	ImplicitTLS
)

// ProxyOptions of a proxy. nil and zero fields mean the defaults, but for Dial.
type ProxyOptions struct {
	// Dial connects to the real server.
	Dial func(ctx context.Context) (net.Conn, error)
	// Upstream says how the line to the real server is protected. Default: Plain.
	Upstream Upstream
	// ClientTLS checks the real server. Default: any name is refused.
	ClientTLS *tls.Config
	// ServerTLS is the proxy's certificate for clients. nil: they get no TLS.
	ServerTLS *tls.Config
	// MaskUser masks the names that users log in with, too.
	MaskUser bool
	// Log receives a record for each session. Default: none.
	Log *slog.Logger
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// maxOpen is how many sessions go on at the same time; more clients wait.
const maxOpen = 512

// Proxy hands what clients say on to a real server and back, octet for octet, and
// writes it down. Its methods are safe for concurrent use.
type Proxy struct {
	o   ProxyOptions
	out *notation.Writer

	mu        sync.Mutex
	closed    bool
	stopping  chan struct{} // closed with closed
	failed    error
	listeners []net.Listener
	relays    map[*relay]struct{}
	count     int
	room      chan struct{} // one for each session that may go on
	work      sync.WaitGroup
}

// NewProxy makes a proxy that listens nowhere yet. It writes the transcript to a
// writer which the caller closes after the proxy.
func NewProxy(to io.Writer, o *ProxyOptions) *Proxy {
	p := &Proxy{o: *o, out: notation.NewWriter(to), relays: map[*relay]struct{}{}, stopping: make(chan struct{}), room: make(chan struct{}, maxOpen)}
	if p.o.Log == nil {
		p.o.Log = slog.New(slog.DiscardHandler)
	}
	if p.o.Now == nil {
		p.o.Now = time.Now
	}
	if p.o.ClientTLS == nil {
		p.o.ClientTLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return p
}

// Note writes a remark into the transcript.
func (p *Proxy) Note(text string) error { return p.out.Note(text) }

// Serve takes connections from l until l fails, the proxy is closed, when it
// returns ErrClosed, or the transcript cannot be written, when it returns why. It
// owns l and closes it.
func (p *Proxy) Serve(l net.Listener) error { return p.accept(l, false) }

// ServeTLS is Serve for connections that begin with TLS.
func (p *Proxy) ServeTLS(l net.Listener) error { return p.accept(l, true) }

// ServeConn records a session on c, and returns when it has ended. It owns c.
func (p *Proxy) ServeConn(c net.Conn) { p.serve(c, false) }

// ServeTLSConn is ServeConn for a connection that begins with TLS.
func (p *Proxy) ServeTLSConn(c net.Conn) { p.serve(c, true) }

func (p *Proxy) accept(l net.Listener, implicitTLS bool) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return errors.Join(ErrClosed, l.Close())
	}
	p.listeners = append(p.listeners, l)
	p.mu.Unlock()
	loop := accept.Loop{Listener: l, Quit: p.stopping, Log: p.o.Log}
	for {
		c, err := loop.Next()
		if err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.closed {
				return cmp.Or(p.failed, ErrClosed)
			}
			return err
		}
		p.room <- struct{}{}
		go func() {
			defer func() { <-p.room }()
			p.serve(c, implicitTLS)
		}()
	}
}

func (p *Proxy) serve(c net.Conn, implicitTLS bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		c.Close()
		return
	}
	p.work.Add(1)
	defer p.work.Done()
	p.count++
	r := &relay{proxy: p, number: p.count, started: p.o.Now(), talk: newDialogue(), client: end{conn: c}, cancel: cancel}
	r.ready = sync.NewCond(&r.mu)
	p.relays[r] = struct{}{}
	p.mu.Unlock()
	why := r.run(ctx, implicitTLS)
	level := slog.LevelInfo
	if !slices.Contains([]string{notation.ClientClosed, notation.ServerClosed, stopped}, why) {
		level = slog.LevelWarn
	}
	p.o.Log.Log(ctx, level, "session ended", "session", r.number, "why", why)
	p.mu.Lock()
	delete(p.relays, r)
	p.mu.Unlock()
}

// Sessions returns how many sessions there have been, open ones included.
func (p *Proxy) Sessions() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// fail stops everything: what is not written down shall not happen.
func (p *Proxy) fail(err error) {
	p.mu.Lock()
	if p.failed == nil {
		p.failed = err
	}
	p.mu.Unlock()
	p.halt()
}

// halt stops listening and cuts open sessions off.
func (p *Proxy) halt() {
	p.stopListening()
	p.mu.Lock()
	defer p.mu.Unlock()
	for r := range p.relays {
		r.cancel()
	}
}

func (p *Proxy) stopListening() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		close(p.stopping)
	}
	p.closed = true
	for _, l := range p.listeners {
		l.Close()
	}
}

// Shutdown stops listening, waits until the open sessions end by themselves or
// ctx ends, and then closes the proxy. The error is that of Close.
func (p *Proxy) Shutdown(ctx context.Context) error {
	p.stopListening()
	over := make(chan struct{})
	go func() {
		defer close(over)
		p.work.Wait()
	}()
	select {
	case <-over:
	case <-ctx.Done():
	}
	return p.Close()
}

// Close cuts open sessions off and waits for their goroutines. Its error tells
// that the transcript could not be written.
func (p *Proxy) Close() error {
	p.halt()
	p.work.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}
