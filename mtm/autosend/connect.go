package autosend

import (
	"context"
	"errors"
	"net"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/symbian"
)

// connect dials, starts TLS and logs in. Its error ends the run: no message is the cause.
func (r *run) connect(ctx context.Context) (*line, error) {
	config, err := r.settings.Security.Config(r.settings.Host)
	if err != nil {
		return nil, &Error{Step: securing, Code: symbian.ErrArgument, Err: err}
	}
	dialing, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	conn, err := r.o.Dial(dialing, "tcp", r.settings.Address())
	if err != nil {
		code := symbian.ErrCannotConnect
		if _, ok := errors.AsType[*net.DNSError](err); ok {
			code = symbian.ErrHostNotFound
		}
		return nil, stepError(ctx, "connecting", code, err)
	}
	l := &line{conn: &boundedConn{Conn: conn, timeout: r.o.Timeout}, private: account.Loopback(r.settings.Host)}
	l.release = context.AfterFunc(dialing, func() { _ = conn.Close() })
	if err := l.open(dialing, &r.settings, config, r.o.Timeout); err != nil {
		l.close()
		if ctx.Err() == nil && dialing.Err() != nil {
			return nil, &Error{Step: "waiting for the server", Code: symbian.ErrTimedOut, Err: err}
		}
		return nil, stepError(ctx, "", symbian.ErrUnknown, err)
	}
	l.release()
	l.release = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err := l.logIn(ctx, &r.settings); err != nil {
		l.close()
		return nil, stepError(ctx, "", symbian.ErrUnknown, err)
	}
	return l, nil
}

// hangUp closes the connection, if there is one.
func (r *run) hangUp() {
	if r.line != nil {
		r.line.close()
		r.line = nil
	}
}

// quit ends the session. The reply of the server does not matter.
func (r *run) quit(ctx context.Context) {
	if r.line != nil && ctx.Err() == nil {
		_ = r.line.client.Quit()
	}
	r.hangUp()
}
