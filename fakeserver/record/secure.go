package record

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"pop3mtm/fakeserver/notation"
)

// connect connects to the server, with TLS if required. It returns server output that must be
// passed on to the client.
func (r *relay) connect(ctx context.Context, implicitTLS bool) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	if implicitTLS {
		if err := r.secureClient(ctx); err != nil {
			return nil, err
		}
	}
	o := &r.proxy.o
	conn, err := o.Dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot connect to the server: %w", err)
	}
	r.mu.Lock()
	r.upstream.conn = conn
	r.mu.Unlock()
	switch o.Upstream {
	case ImplicitTLS:
		return nil, r.secureUpstream(ctx)
	case STLS:
		greeting, err := ask(ctx, conn)
		if err != nil {
			return nil, fmt.Errorf("cannot start TLS with the server: %w", err)
		}
		return greeting, r.secureUpstream(ctx)
	case Plain:
	}
	return nil, nil
}

// ask reads the greeting and sends STLS.
func ask(ctx context.Context, conn net.Conn) (greeting []byte, err error) {
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	in := bufio.NewReaderSize(conn, 4<<10)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	greeting = append(greeting, line...)
	if !positive(greeting) {
		return nil, errors.New("it refused the connection: " + string(notation.Escape(nil, notation.Command(greeting))))
	}
	if _, err = conn.Write([]byte("STLS\r\n")); err != nil {
		return nil, err
	}
	if line, err = in.ReadSlice('\n'); err != nil {
		return nil, err
	}
	switch {
	case !positive(line):
		return nil, errors.New("it refused STLS: " + string(notation.Escape(nil, notation.Command(line))))
	case in.Buffered() > 0:
		return nil, errInjected
	}
	return greeting, nil
}

// errInjected reports octets that an attacker could have inserted.
var errInjected = errors.New("octets arrived before the handshake")

// refuse sends a client the reason why the server cannot be used.
func (r *relay) refuse(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	line := "-ERR " + string(notation.Escape(nil, []byte(err.Error())))
	line = line[:min(len(line), 510)] + "\r\n"
	r.proxy.o.Log.Warn("client refused: no connection to the server", "session", r.number, "error", err)
	r.check(r.proxy.out.Remark(r.number, r.since(), err.Error()))
	r.check(r.proxy.out.Lines(r.number, r.since(), notation.Server, []byte(line)))
	r.mu.Lock()
	client := r.client.conn
	r.mu.Unlock()
	// Errors do not matter here. Input is read, since closing with unread input
	// would reset the connection and could destroy the reply.
	if client.SetDeadline(time.Now().Add(afterClient)) != nil {
		return
	}
	if _, failed := client.Write([]byte(line)); failed != nil {
		return
	}
	if half, ok := client.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, client, MaxCommand)
	}
}

// startTLS handles STLS of a client. If the connection to the server is protected already, the
// recorder answers; else STLS is sent to the server, and the goroutine that reads its reply runs
// the handshakes.
func (r *relay) startTLS(ctx context.Context, in *bufio.Reader, to *bufio.Writer, l []byte) error {
	r.mu.Lock()
	r.eager, r.settled = in.Buffered() > 0, false
	relayed := !r.upstream.secured && !r.client.secured && r.proxy.o.ServerTLS != nil
	r.mu.Unlock()
	if relayed {
		if _, err := to.Write(l); err != nil {
			return errors.New(notation.ServerClosed)
		}
	}
	if err := to.Flush(); err != nil {
		return errors.New(notation.ServerClosed)
	}
	r.mu.Lock()
	for !r.gone && (relayed && !r.settled || !relayed && len(r.talk.waiting) > 1) {
		r.ready.Wait()
	}
	gone := r.gone
	r.mu.Unlock()
	if gone {
		return errors.New(notation.ServerClosed)
	}
	if !relayed {
		if err := r.answerSTLS(ctx); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client.secured && !r.eager {
		in.Reset(r.client.conn)
	}
	to.Reset(r.upstream.conn)
	return nil
}

// answerSTLS answers STLS instead of the server.
func (r *relay) answerSTLS(ctx context.Context) error {
	r.mu.Lock()
	answer := "+OK begin TLS\r\n"
	switch {
	case r.client.secured:
		answer = "-ERR TLS is on already\r\n"
	case r.proxy.o.ServerTLS == nil:
		answer = "-ERR the recorder has no certificate\r\n"
	case r.eager:
		answer = "-ERR nothing may follow STLS before the handshake\r\n"
	}
	r.talk.say([]byte(answer))
	ok := r.check(r.proxy.out.Lines(r.number, r.since(), notation.Server, []byte(answer)))
	conn := r.client.conn
	r.mu.Unlock()
	if !ok {
		return errors.New(unwritten)
	}
	if _, err := conn.Write([]byte(answer)); err != nil {
		return errors.New(notation.ClientClosed)
	}
	if answer[0] == '-' {
		return nil
	}
	return r.secureClient(ctx)
}

// secureBoth runs the handshakes after the server has accepted STLS. The client waits meanwhile.
func (r *relay) secureBoth(ctx context.Context) error {
	r.mu.Lock()
	early := len(r.tail) > 0 || r.eager
	r.mu.Unlock()
	if early {
		return errInjected
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	if err := r.secureUpstream(ctx); err != nil {
		return err
	}
	return r.secureClient(ctx)
}

func (r *relay) secureUpstream(ctx context.Context) error {
	conn := tls.Client(r.upstream.conn, r.proxy.o.ClientTLS)
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS with the server: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.upstream = end{conn, true}
	return nil
}

func (r *relay) secureClient(ctx context.Context) error {
	if r.proxy.o.ServerTLS == nil {
		return errors.New("the recorder has no certificate")
	}
	conn := tls.Server(r.client.conn, r.proxy.o.ServerTLS)
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS with the client: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.client, r.settled = end{conn, true}, true
	r.check(r.proxy.out.Remark(r.number, r.since(), tls.VersionName(conn.ConnectionState().Version)))
	r.ready.Broadcast()
	return nil
}
