package servers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
)

// dialPOP3 opens a session, with TLS where the login says so. It is for work that is not measured.
func dialPOP3(ctx context.Context, l Login) (*pop3.Session, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", l.Address())
	if err != nil {
		return nil, err
	}
	config, err := l.TLS()
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if l.Security.TLS == account.Implicit {
		conn = tls.Client(conn, config)
	}
	s, err := pop3.NewSession(ctx, conn, nil) // closes conn when it fails
	if err == nil && l.Security.TLS == account.STLS {
		if err = s.Stls(ctx, config); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, err
}

// Encrypts reports whether a connection has TLS at some time.
func Encrypts(t account.TLS) bool { return t != "" && t != account.NoTLS }

// TLS returns the TLS configuration of a client for the login.
func (l Login) TLS() (*tls.Config, error) {
	config := &tls.Config{ServerName: l.Security.Name, MinVersion: tls.VersionTLS12}
	if config.ServerName == "" {
		config.ServerName = l.Host
	}
	if l.Security.CA == "" {
		return config, nil
	}
	pem, err := os.ReadFile(l.Security.CA)
	if err != nil {
		return nil, err
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM format; use the certificate of the authority that signed the server's", l.Security.CA)
	}
	return config, nil
}

// logIn opens a session and logs in with USER and PASS.
func logIn(ctx context.Context, l Login) (*pop3.Session, error) {
	s, err := dialPOP3(ctx, l)
	if err != nil {
		return nil, err
	}
	if err = s.User(ctx, l.User); err == nil {
		err = s.Pass(ctx, l.Password)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// CountMessages returns the number of messages that STAT reports.
func CountMessages(ctx context.Context, l Login) (int, error) {
	s, err := logIn(ctx, l)
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close() }() // after QUIT it does nothing
	stat, err := s.Stat(ctx)
	if err != nil {
		return 0, err
	}
	return stat.Count, s.Quit(ctx)
}

// RoundTrip returns how many seconds a command takes, as the median of several CAPA commands.
func RoundTrip(ctx context.Context, l Login) (float64, error) {
	const commands = 21
	session, err := dialPOP3(ctx, l)
	if err != nil {
		return 0, err
	}
	defer func() { _ = session.Close() }() // after QUIT it does nothing
	took := make([]float64, commands)
	for i := range took {
		start := time.Now()
		if _, err := session.Capa(ctx); err != nil {
			return 0, err
		}
		took[i] = time.Since(start).Seconds()
	}
	return numbers.SpreadOf(took).Median, session.Quit(ctx)
}
