package pop3

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// Handshake stands in the Verb field of errors for the TLS handshake.
const Handshake = "the TLS handshake"

// TLSError reports that the TLS handshake failed: the server's certificate is not trusted
// (Err holds a *tls.CertificateVerificationError), or the two sides found no version or
// cipher. The session is spoiled.
type TLSError struct{ Err error }

func (e *TLSError) Error() string {
	// Names in a certificate are the server's octets.
	return Handshake + " failed: " + escape([]byte(e.Err.Error()), shownText)
}

// Unwrap gives the cause.
func (e *TLSError) Unwrap() error { return e.Err }

// Encrypted says whether what is sent goes through TLS.
func (s *Session) Encrypted() bool {
	_, secured := s.line.conn.(*tls.Conn)
	return secured
}

// handshake ends within the time of one wait, however slowly the server drips.
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

// lineBroke tells a line that ended or fell silent from a handshake that failed.
func lineBroke(err error) bool {
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "read" || op.Op == "write") {
		return true // other operations are alerts of TLS
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe)
}

// secure makes the handshake; what is read and written from here on goes through it.
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

// drop closes the connection and waits for nothing: no farewell is sent through TLS, so that the
// other side takes the end for the break that it is.
func (l *line) drop() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wire.Close()
}

// endTLS tells the other side that nothing was cut off (RFC 8446 section 6.1). QUIRK 41: it
// may have gone already.
func (l *line) endTLS() {
	if secured, ok := l.conn.(*tls.Conn); ok {
		_ = secured.CloseWrite()
	}
}
