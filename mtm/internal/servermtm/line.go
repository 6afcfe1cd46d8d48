package servermtm

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/symbian"
)

// line holds the connection to the server, and the settings for making another.
type line struct {
	dialer   func(ctx context.Context, network, address string) (net.Conn, error)
	limits   pop3.Options
	settings account.POP3
	config   *tls.Config   // nil without TLS
	stage    func(int)     // is called with the stages of progress
	wire     *pop3.Session // nil until there is a connection
	entered  time.Time     // when the login on this connection began
}

// reach makes the connection.
func (l *line) reach(ctx context.Context) (net.Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, l.limits.Timeout)
	defer cancel()
	conn, err := l.dialer(dialing, "tcp", l.settings.Address())
	if err == nil {
		return conn, nil
	}
	code := symbian.ErrCannotConnect
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		code = symbian.ErrHostNotFound
	} else if ctx.Err() != nil || dialing.Err() != nil {
		code = codeOf(dialing, code, err)
	}
	if ctx.Err() != nil {
		code = codeOf(ctx, code, err)
	}
	return nil, &Fault{Step: "connecting", Code: code, Err: err}
}
