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

// A server that waits for a TLS handshake says nothing to a client that waits for its greeting. So
// a client without TLS that hears nothing for a while offers a handshake, and knows what the port
// speaks when the answer comes.

const (
	portTLS       = 995             // RFC 8314 section 7.3
	patienceOfTLS = 5 * time.Second // on that port silence needs no longer
)

const readingGreeting = "reading the greeting"

// errLate reports a greeting that came after the client had offered a handshake: the connection is
// spoiled, and the server is slow.
var errLate = errors.New("the greeting came late")

// errSpeaksTLS is the cause when a port begins with TLS and the account does not.
var errSpeaksTLS = errors.New("the port speaks TLS from the first octet on, and the account does not")

// heard is a connection of which the first octets were read already.
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

// awaitGreeting waits for the first octet from a server that is spoken to in the clear. It
// offers a handshake when half of the timeout has passed without one, or less on port 995. On
// an error conn is closed.
func (l *line) awaitGreeting(ctx context.Context, conn net.Conn) (_ net.Conn, err error) {
	defer func() {
		if err != nil {
			_ = conn.Close() // the failure says more
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
	case len(first) == 0: // the line broke: the greeting's reader says so
	case isRecord(first[0]):
		return nil, speaksTLS()
	}
	if !stop() {
		return conn, nil // cancelled: the greeting's reader says so
	}
	return &heard{conn, first}, conn.SetDeadline(time.Time{})
}

// octets reads up to n octets until a deadline.
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

// offerTLS sends the first record of a handshake, and says what the answer tells.
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

// isRecord reports whether an octet begins a TLS record, an alert or a part of a handshake; no
// greeting begins with it.
func isRecord(b byte) bool { return b == 0x15 || b == 0x16 }

// clientHello returns the first record of a handshake.
func clientHello(host string) []byte {
	var sent bytes.Buffer
	// It fails: nobody answers.
	_ = tls.Client(&writeOnly{out: &sent}, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}).Handshake() //nolint:noctx // it waits for nobody
	return sent.Bytes()
}

// writeOnly is a connection on which nothing comes.
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
