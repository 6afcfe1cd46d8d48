package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/sobek"

	"pop3mtm/mtm/pop3"
)

// Session is one connection, as scripts see it.
type Session struct {
	Greeting string `js:"greeting"`
	Address  string `js:"address"`

	module   *module
	settings settings
	host     string
	meter    *meter
	line     *pop3.Session
	ended    <-chan struct{} // closed at the end of the iteration
	user     string          // who has logged in
	sizes    []int64         // of messages 1, 2 ..., from LIST; nil before
	fresh    []int32         // numbers that the last refresh found new
	ids      []int32         // numbers in the synthetic mailbox, from UIDL; nil before
}

// connect opens a session: connect(address, options).
func (m *module) connect(c call) (any, error) {
	if err := c.most(2); err != nil {
		return nil, err
	}
	address, err := c.text(0, "the address")
	if err != nil {
		return nil, err
	}
	host, err := hostOf(address)
	if err != nil {
		return nil, err
	}
	options, err := settingsOf(c.rt, c.at(1))
	if err != nil {
		return nil, err
	}
	state := m.vu.State()
	if state == nil {
		return nil, errors.New("no connections in the init context: call it in the default function, setup or teardown")
	}
	m.closeEnded()
	s := &Session{Address: address, module: m, settings: options, host: host, meter: newMeter(m.metrics, state, address, options.tags)}
	defer s.meter.flush()
	if err := s.dial(m.vu.Context(), state.TLSConfig); err != nil {
		return nil, err
	}
	s.Greeting, s.ended = s.line.Greeting(), m.vu.Context().Done()
	m.open[s] = struct{}{}
	context.AfterFunc(m.vu.Context(), func() { _ = s.line.Close() }) // the server deletes nothing
	if options.tls == stlsTLS {
		if err := s.stls(m.vu.Context(), state.TLSConfig); err != nil {
			_ = s.line.Close() // err says why
			return nil, err
		}
	}
	return s, nil
}

// closeEnded closes the sessions of earlier iterations, so that they do not lock a mailbox that the
// next one opens. The function that runs after their context may come later.
func (m *module) closeEnded() {
	for s := range m.open {
		s.over()
	}
}

// over reports whether the iteration that opened the session has ended. It closes such a session.
func (s *Session) over() bool {
	select {
	case <-s.ended:
		s.Close()
		return true
	default:
		return false
	}
}

// dial connects, with TLS from the start if asked, and reads the greeting.
func (s *Session) dial(ctx context.Context, base *tls.Config) error {
	var cancel context.CancelFunc
	within := ctx
	if s.settings.timeout > 0 {
		within, cancel = context.WithTimeout(ctx, s.settings.timeout)
		defer cancel()
	}
	begun := time.Now()
	conn, err := s.module.vu.State().Dialer.DialContext(within, "tcp", s.Address)
	if err != nil {
		return s.failed(ctx, verbConnect, err)
	}
	if s.settings.tls == implicitTLS {
		secured := tls.Client(conn, s.settings.config(base, s.host))
		shaken := time.Now()
		if err = secured.HandshakeContext(within); err != nil {
			_ = conn.Close() // err says more
			return s.failed(ctx, verbTLS, &pop3.TLSError{Err: err})
		}
		s.meter.took(verbTLS, time.Since(shaken))
		conn = secured
	}
	s.line, err = pop3.NewSession(ctx, conn, &pop3.Options{Timeout: s.settings.timeout, Window: s.settings.window})
	if err != nil {
		return s.failed(ctx, verbConnect, err)
	}
	s.meter.took(verbConnect, time.Since(begun))
	return nil
}

// stls starts TLS: the command STLS, then the handshake, timed as one.
func (s *Session) stls(ctx context.Context, base *tls.Config) error {
	return s.timed(ctx, "STLS", func() error { return s.line.Stls(ctx, s.settings.config(base, s.host)) })
}

// timed runs one command.
func (s *Session) timed(ctx context.Context, verb string, do func() error) error {
	begun := time.Now()
	err := do()
	if err != nil {
		return s.failed(ctx, verb, err)
	}
	s.meter.took(verb, time.Since(begun))
	return nil
}

// failed counts an error by its kind, and returns it.
func (s *Session) failed(ctx context.Context, verb string, err error) error {
	if kind := errorKind(ctx, verb, err); kind != "" {
		s.meter.failed(verb, kind)
		return fmt.Errorf("%s: %w", kind, err)
	}
	if errors.Is(err, pop3.ErrClosed) {
		return errEnded
	}
	return err
}

var errEnded = errors.New("the session has ended: by quit, close, or the end of the iteration that opened it")

// method returns what checked does, for a method of a session. It hands the samples to k6.
func (s *Session) method(name string, c sobek.FunctionCall, do func(context.Context, call) (any, error)) sobek.Value {
	return s.module.checked(name, func(c call) (any, error) {
		if s.over() {
			return nil, errEnded
		}
		defer s.meter.flush()
		return do(s.module.vu.Context(), c)
	})(c)
}

// Encrypted reports whether the connection uses TLS.
func (s *Session) Encrypted() bool { return s.line.Encrypted() }

// Capabilities asks for the capabilities: an object of lists.
func (s *Session) Capabilities(c sobek.FunctionCall) sobek.Value {
	return s.method("capabilities", c, func(ctx context.Context, _ call) (any, error) {
		var caps pop3.Capabilities
		err := s.timed(ctx, "CAPA", func() (err error) {
			caps, err = s.line.Capa(ctx)
			return err
		})
		return map[string][]string(caps), err
	})
}

// Noop sends NOOP, which restarts the server's inactivity timer.
func (s *Session) Noop(c sobek.FunctionCall) sobek.Value {
	return s.method("noop", c, func(ctx context.Context, _ call) (any, error) {
		return nil, s.timed(ctx, "NOOP", func() error { return s.line.Noop(ctx) })
	})
}

// Reset unmarks what the session has marked as deleted.
func (s *Session) Reset(c sobek.FunctionCall) sobek.Value {
	return s.method("reset", c, func(ctx context.Context, _ call) (any, error) {
		return nil, s.timed(ctx, "RSET", func() error { return s.line.Rset(ctx) })
	})
}

// Quit ends the session; the server now deletes what was marked.
func (s *Session) Quit(c sobek.FunctionCall) sobek.Value {
	return s.method("quit", c, func(ctx context.Context, _ call) (any, error) {
		defer s.Close()
		return nil, s.timed(ctx, "QUIT", func() error { return s.line.Quit(ctx) })
	})
}

// Close drops the connection without QUIT; the server deletes nothing.
func (s *Session) Close() {
	delete(s.module.open, s)
	_ = s.line.Close() // a closed session stays closed
}
