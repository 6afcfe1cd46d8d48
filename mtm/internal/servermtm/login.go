package servermtm

import (
	"context"
	"errors"
	"net"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/progress"
)

const loggingIn = "logging in"

// login picks one way before anything is sent; a refusal is final (behaviour
// section 0), so that nobody can push us to a weaker way by refusing a better one.
func (s *Session) login(ctx context.Context) error {
	way, err := s.chooseAuth()
	if err != nil {
		return err
	}
	password, err := s.settings.Password.Reveal(ctx)
	if err != nil {
		return &Fault{Step: loggingIn, Code: progress.AuthenticationFailed, Err: err}
	}
	if way == account.APOP {
		return fail(ctx, loggingIn, progress.InvalidAPOPLogin, s.wire.Apop(ctx, s.settings.LoginName, password))
	}
	if err := s.wire.User(ctx, s.settings.LoginName); err != nil {
		return fail(ctx, loggingIn, progress.InvalidUser, err)
	}
	return fail(ctx, loggingIn, progress.InvalidLogin, s.wire.Pass(ctx, password))
}

// chooseAuth prefers USER/PASS where nobody can listen, since servers show an APOP
// timestamp without supporting APOP (QUIRK 6), and APOP where somebody could.
func (s *Session) chooseAuth() (account.Auth, error) {
	_, timestamp := s.wire.Timestamp()
	private := s.settings.AllowPlaintext || loopback(s.settings.Host)
	switch s.settings.Auth {
	case account.APOP:
		if !timestamp {
			return "", &Fault{
				Step: loggingIn, Code: progress.NoTimestamp,
				Err: errors.New("choose another way to log in with auth=auto"),
			}
		}
		return account.APOP, nil
	case account.Auto:
		if !private && timestamp {
			return account.APOP, nil
		}
	case account.UserPass:
	}
	if !private {
		return "", &Fault{
			Step: loggingIn, Code: progress.AuthenticationFailed,
			Err: errors.New("USER/PASS would send the password in clear text over the network; set allow-plaintext if that is meant"),
		}
	}
	return account.UserPass, nil
}

// loopback says whether a host name can only mean this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
