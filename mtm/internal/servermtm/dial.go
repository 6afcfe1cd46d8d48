package servermtm

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
)

func (m *Mailbox) dial(ctx context.Context, settings account.POP3, config *tls.Config) (*pop3.Session, error) {
	conn, err := m.reach(ctx, settings)
	if err == nil && settings.Security.TLS != account.Implicit {
		conn, err = m.awaitGreeting(ctx, conn, settings)
	}
	if errors.Is(err, errLate) { // once more, without the offer of TLS that spoiled the connection
		conn, err = m.reach(ctx, settings)
	}
	if err != nil {
		return nil, err
	}
	return m.greet(ctx, conn, settings, config)
}

// reach makes the connection.
func (m *Mailbox) reach(ctx context.Context, settings account.POP3) (net.Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, m.Wire.Timeout)
	defer cancel()
	conn, err := m.Dial(dialing, "tcp", settings.Address())
	if err == nil {
		return conn, nil
	}
	code := progress.CannotConnect
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		code = progress.HostNotFound
	} else if ctx.Err() != nil || dialing.Err() != nil {
		code = codeOf(dialing, code, err)
	}
	if ctx.Err() != nil {
		code = codeOf(ctx, code, err)
	}
	return nil, &Fault{Step: "connecting", Code: code, Err: err}
}
