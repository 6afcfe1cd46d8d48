package autosend

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/symbian"
)

const loggingIn = "logging in"

// logIn chooses one method before anything is sent, and tries no other after a refusal, as for POP3
// (behaviour section 0).
func (l *line) logIn(ctx context.Context, s *settings) error {
	if s.Auth == account.NoAuth {
		return nil
	}
	mechanism, err := l.choose(s)
	if err != nil {
		return err
	}
	who := pop3.Credentials{User: s.login, Host: s.Host, Port: s.Port}
	if mechanism.Bearer {
		who.Token, err = s.token.Reveal(ctx)
	} else {
		who.Password, err = s.password.Reveal(ctx)
	}
	if err != nil {
		return &Error{Step: loggingIn, Code: symbian.ErrAuthenticationFailed, Err: err}
	}
	client := mechanism.Client(who)
	err = l.client.Auth(client)
	if err == nil && !pop3.Proved(client) {
		return &Error{Step: loggingIn, Code: symbian.ErrLoginRefused, Err: errors.New("the server did not prove that it knows the password")}
	}
	if err == nil {
		return nil
	}
	if errors.Is(err, pop3.ErrArgument) {
		return &Error{Step: loggingIn, Code: symbian.ErrArgument, Err: err}
	}
	if answer, said := errors.AsType[*smtp.SMTPError](err); said {
		return &Error{Step: loggingIn, Code: symbian.ErrLoginRefused, Err: errors.New(withoutSecrets(shown(answer), who))}
	}
	if errors.Is(err, pop3.ErrChallenge) {
		return &Error{Step: loggingIn, Code: symbian.ErrLoginRefused, Err: pop3.ErrChallenge}
	}
	return lineError(loggingIn, err)
}

// withoutSecrets masks what a server repeats of a login.
func withoutSecrets(text string, who pop3.Credentials) string {
	encoded := base64.StdEncoding.EncodeToString
	for _, secret := range []string{who.Password, who.Token} {
		if secret == "" {
			continue
		}
		for _, s := range []string{secret, encoded([]byte(secret)), encoded([]byte("\x00" + who.User + "\x00" + secret))} {
			text = strings.ReplaceAll(text, s, "********")
		}
	}
	return text
}

// choose returns the first method that the server offers and the connection permits.
func (l *line) choose(s *settings) (pop3.Mechanism, error) {
	_, list := l.client.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(list))
	readable := false
	for _, method := range s.Auth.Methods(l.private) {
		name := strings.ToUpper(string(method))
		i := slices.IndexFunc(pop3.Mechanisms(), func(m pop3.Mechanism) bool { return m.Name == name })
		if i < 0 || !slices.Contains(offered, name) { // USER and APOP are not methods of SMTP
			continue
		}
		m := pop3.Mechanisms()[i]
		switch {
		case m.Bearer && s.token == (account.Token{}):
		case m.Clear && !l.private && !s.AllowPlaintext:
			readable = true
		default:
			return m, nil
		}
	}
	err := fmt.Errorf("the server offers %q, and smtp-auth is %s", clean(list), s.Auth)
	if readable {
		err = errors.New("the password would be sent in clear text: set smtp-tls, or smtp-allow-plaintext to allow it")
	}
	return pop3.Mechanism{}, &Error{Step: loggingIn, Code: symbian.ErrAuthenticationFailed, Err: err}
}
