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

// Upstream says how the connection to the real server is protected.
type Upstream int

const (
	// Plain leaves it to the client: when it sends STLS, so does the proxy.
	Plain Upstream = iota
	// STLS starts TLS by STLS before the client gets the greeting.
	STLS
	// ImplicitTLS begins with TLS.
	ImplicitTLS
)

// ProxyOptions configures a proxy. Dial is required; for the others nil and zero mean the defaults.
type ProxyOptions struct {
	// Dial connects to the real server.
	Dial func(ctx context.Context) (net.Conn, error)
	// Upstream says how the connection to the real server is protected. Default: Plain.
	Upstream Upstream
	// ClientTLS verifies the real server. Default: every server is refused.
	ClientTLS *tls.Config
	// ServerTLS holds the proxy's certificate for clients. nil: clients get no TLS.
	ServerTLS *tls.Config
	// MaskUser masks user names too.
	MaskUser bool
	// Log receives a record for each session. Default: no log.
	Log *slog.Logger
	// Now returns the time. Default: time.Now.
	Now func() time.Time
}

// maxOpen limits concurrent sessions; further clients wait.
const maxOpen = 512

// Proxy forwards traffic between clients and a real server, octet for octet, and records it. Its
// methods are safe for concurrent use.
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
	room      chan struct{} // a token for each running session
	work      sync.WaitGroup
}

// NewProxy returns a proxy that does not listen yet. It writes the transcript to a writer, which
// the caller closes after the proxy.
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

// Serve accepts connections from l. It returns when l fails, when the proxy is closed (ErrClosed),
// or when the transcript cannot be written. It owns l and closes it.
func (p *Proxy) Serve(l net.Listener) error { return p.accept(l, false) }

// ServeTLS is like Serve, for connections that begin with TLS.
func (p *Proxy) ServeTLS(l net.Listener) error { return p.accept(l, true) }

// ServeConn records a session on c, and returns when it has ended. It owns c.
func (p *Proxy) ServeConn(c net.Conn) { p.serve(c, false) }

// ServeTLSConn is like ServeConn, for a connection that begins with TLS.
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

// Sessions returns the number of sessions so far, open ones included.
func (p *Proxy) Sessions() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// fail stops the proxy: traffic that cannot be recorded must not be forwarded.
func (p *Proxy) fail(err error) {
	p.mu.Lock()
	if p.failed == nil {
		p.failed = err
	}
	p.mu.Unlock()
	p.halt()
}

// halt stops listening and ends open sessions.
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

// Shutdown stops listening, waits until the open sessions end by themselves or ctx ends, and then
// closes the proxy. It returns the error of Close.
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

// Close ends open sessions and waits for their goroutines. It returns an error if the transcript
// could not be written.
func (p *Proxy) Close() error {
	p.halt()
	p.work.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}
