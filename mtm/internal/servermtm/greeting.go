package servermtm

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/symbian"
)

// A server that waits for a TLS handshake sends nothing to a client that waits for its greeting. So
// a client without TLS that receives nothing for a while offers a handshake, and learns from the
// answer whether the port begins with TLS.

const (
	portTLS       = 995             // RFC 8314 section 7.3
	patienceOfTLS = 5 * time.Second // how long to wait for a greeting on that port
)

const readingGreeting = "reading the greeting"

// errLate reports a greeting that came after the client had offered a handshake: the server is
// slow, and the connection cannot be used.
var errLate = errors.New("the greeting came late")

// errSpeaksTLS is the cause when a port begins with TLS and the account does not.
var errSpeaksTLS = errors.New("the port begins with TLS, but the account's setting tls is not implicit")

// heard is a connection whose first octets were read already.
type heard struct {
	net.Conn
	first []byte
}

func (h *heard) Read(p []byte) (int, error) {
	if len(h.first) == 0 {
		return h.Conn.Read(p)
	}
	n := copy(p, h.first)
	h.first = h.first[n:]
	return n, nil
}

// awaitGreeting waits for the first octet from the server on a connection without TLS. It offers a
// handshake when half of the timeout has passed, or 5 s on port 995. After an error conn is closed.
func (l *line) awaitGreeting(ctx context.Context, conn net.Conn) (_ net.Conn, err error) {
	defer func() {
		if err != nil {
			_ = conn.Close() // the first error counts
		}
	}()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	end := time.Now().Add(l.limits.Timeout)
	patience := l.limits.Timeout / 2
	if l.settings.Port == portTLS {
		patience = min(patience, patienceOfTLS)
	}
	first, err := octets(ctx, conn, time.Now().Add(patience), 1)
	silent := errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil
	switch {
	case silent:
		return nil, l.offerTLS(ctx, conn, end)
	case len(first) == 0: // the connection broke: reading the greeting reports it
	case isRecord(first[0]):
		return nil, speaksTLS()
	}
	if !stop() {
		return conn, nil // cancelled: reading the greeting reports it
	}
	return &heard{conn, first}, conn.SetDeadline(time.Time{})
}

// octets reads up to n octets, until a deadline.
func octets(ctx context.Context, conn net.Conn, deadline time.Time, n int) ([]byte, error) {
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil { // cancelled just before the deadline was set
		return nil, err
	}
	p := make([]byte, n)
	n, err := conn.Read(p)
	return p[:n], err
}

// offerTLS sends the first record of a handshake, and returns an error that says
// what the answer means.
func (l *line) offerTLS(ctx context.Context, conn net.Conn, end time.Time) error {
	hello := clientHello(l.settings.Host)
	err := conn.SetDeadline(end)
	if err == nil && ctx.Err() == nil {
		_, err = conn.Write(hello)
	}
	var answer []byte
	if err == nil {
		answer, err = octets(ctx, conn, end, 1)
	}
	switch {
	case len(answer) > 0 && isRecord(answer[0]):
		return speaksTLS()
	case len(answer) > 0:
		return errLate
	}
	broken := &pop3.LineError{Verb: pop3.Greeting, Err: err}
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
		broken.Wait = l.limits.Timeout
	}
	return fail(ctx, readingGreeting, symbian.ErrCannotConnect, broken)
}

func speaksTLS() error {
	return &Fault{Step: readingGreeting, Code: symbian.ErrTLSFailed, Err: errSpeaksTLS}
}

// isRecord reports whether an octet begins a TLS record: an alert or a part of a handshake. No
// greeting begins with these octets.
func isRecord(b byte) bool { return b == 0x15 || b == 0x16 }

// clientHello returns the first record of a handshake.
func clientHello(host string) []byte {
	var sent bytes.Buffer
	// The handshake fails, since nobody answers.
	_ = tls.Client(&writeOnly{out: &sent}, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}).Handshake() //nolint:noctx // it does not block
	return sent.Bytes()
}

// writeOnly is a connection from which nothing can be read.
type writeOnly struct {
	net.Conn
	out *bytes.Buffer
}

func (w *writeOnly) Write(p []byte) (int, error) { return w.out.Write(p) }
func (w *writeOnly) Read([]byte) (int, error)    { return 0, os.ErrDeadlineExceeded }
func (w *writeOnly) Close() error                { return nil }

func (w *writeOnly) SetDeadline(time.Time) error      { return nil }
func (w *writeOnly) SetReadDeadline(time.Time) error  { return nil }
func (w *writeOnly) SetWriteDeadline(time.Time) error { return nil }
