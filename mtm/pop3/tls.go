package pop3

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// Handshake is the Verb of errors about the TLS handshake.
const Handshake = "the TLS handshake"

// TLSError reports that the TLS handshake failed: the server's certificate is not trusted (Err
// wraps a *tls.CertificateVerificationError), or the two sides have no version or cipher in common.
// The session is spoiled.
type TLSError struct{ Err error }

func (e *TLSError) Error() string {
	// Names in a certificate come from the server, and may contain anything.
	return Handshake + " failed: " + escape([]byte(e.Err.Error()), shownText)
}

// Unwrap returns Err.
func (e *TLSError) Unwrap() error { return e.Err }

// Encrypted reports whether the connection uses TLS.
func (s *Session) Encrypted() bool {
	_, secured := s.line.conn.(*tls.Conn)
	return secured
}

// handshake makes the TLS handshake within Options.Timeout in all, however slowly octets come.
func (s *Session) handshake(ctx context.Context, secured *tls.Conn) error {
	c := command{verb: Handshake}
	err := s.line.secure(secured)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil, lineBroke(err):
		return s.spoil(lineError(ctx, c, s.opt.Timeout, err))
	}
	return s.spoil(&TLSError{Err: err})
}

// lineBroke reports whether err means that the connection ended or timed out, and not that the
// handshake failed.
func lineBroke(err error) bool {
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "read" || op.Op == "write") {
		return true // other operations are alerts of TLS
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe)
}

// secure makes the handshake; later reads and writes go through TLS.
func (l *line) secure(secured *tls.Conn) error {
	l.mu.Lock()
	l.conn, l.wire = secured, secured.NetConn()
	l.mu.Unlock()
	until := time.Now().Add(l.timeout)
	for _, d := range []direction{reading, writing} {
		if err := l.wait(d, until); err != nil {
			return err
		}
	}
	return secured.Handshake() //nolint:noctx // the deadline ends it, when the context ends too
}

// drop closes the connection without blocking. It sends no close_notify through TLS, so that the
// server sees a broken connection.
func (l *line) drop() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wire.Close()
}

// endTLS sends close_notify, so that the server knows that nothing was cut off (RFC 8446 section
// 6.1). QUIRK 41: the server may have closed the connection already.
func (l *line) endTLS() {
	if secured, ok := l.conn.(*tls.Conn); ok {
		_ = secured.CloseWrite()
	}
}
