package servermtm

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/symbian"
)

const securing = "starting TLS"

// tlsConfig returns the account's TLS configuration; nil without TLS.
func tlsConfig(settings account.POP3) (*tls.Config, error) {
	config, err := settings.Security.Config(settings.Host)
	if err != nil {
		return nil, &Fault{Step: securing, Code: symbian.ErrArgument, Err: err}
	}
	return config, nil
}

// greet reads the greeting, after a TLS handshake if the account has implicit TLS.
func (l *line) greet(ctx context.Context, conn net.Conn) (*pop3.Session, error) {
	if l.settings.Security.TLS == account.Implicit {
		conn = tls.Client(conn, l.config)
	}
	limits := l.limits
	if limits.MinRate == 0 {
		limits.MinRate = l.settings.MinRate
	}
	wire, err := pop3.NewSession(ctx, conn, &limits)
	if _, failed := errors.AsType[*pop3.TLSError](err); failed {
		return nil, tlsFault(ctx, err)
	}
	return wire, fail(ctx, readingGreeting, symbian.ErrCannotConnect, err)
}

// secure starts TLS, whatever the server lists (behaviour section 3, "Wire order"), or returns
// an error. It requests the capabilities again, since an attacker could have sent the earlier
// ones (RFC 2595 section 4).
func (l *line) secure(ctx context.Context) error {
	if err := l.wire.Stls(ctx, l.config); err != nil {
		return tlsFault(ctx, err)
	}
	return l.capabilities(ctx)
}

// tlsFault returns a Fault that distinguishes a server that refuses TLS or is not trusted from a
// handshake that failed.
func tlsFault(ctx context.Context, err error) error {
	_, wrong := errors.AsType[*tls.CertificateVerificationError](err)
	_, failed := errors.AsType[*pop3.TLSError](err)
	_, injected := errors.AsType[*pop3.ProtocolError](err) // QUIRK 37
	code := symbian.ErrTLSFailed
	switch {
	case wrong:
		code = symbian.ErrTLSRefused
	case failed, injected:
	default:
		return fail(ctx, securing, symbian.ErrTLSRefused, err)
	}
	return &Fault{Step: securing, Code: code, Err: account.ExplainTLS(err)}
}
