package servermtm

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/symbian"
)

const loggingIn = "logging in"

// login chooses one method before anything is sent. A refusal is final (behaviour section 0), so
// that an attacker cannot force a weaker method by refusing a better one.
func (l *line) login(ctx context.Context) error {
	method, err := l.chooseAuth()
	if err != nil {
		return err
	}
	who := pop3.Credentials{User: l.settings.LoginName, Host: l.settings.Host, Port: l.settings.Port}
	if method.Bearer() {
		who.Token, err = l.settings.Token.Reveal(ctx)
	} else {
		who.Password, err = l.settings.Password.Reveal(ctx)
	}
	if err != nil {
		return &Fault{Step: loggingIn, Code: symbian.ErrAuthenticationFailed, Err: err}
	}
	switch method {
	case account.APOP:
		return loginFault(ctx, symbian.ErrInvalidAPOP, l.wire.Apop(ctx, who.User, who.Password))
	case account.UserPass:
		if err := l.wire.User(ctx, who.User); err != nil {
			return loginFault(ctx, symbian.ErrInvalidUser, err)
		}
		return loginFault(ctx, symbian.ErrInvalidLogin, l.wire.Pass(ctx, who.Password))
	}
	return l.auth(ctx, mechanism(method), who)
}

// auth logs in with a SASL mechanism. A refusal before the password was proved counts as a refused
// user name (behaviour section 3, "Error by state").
func (l *line) auth(ctx context.Context, m pop3.Mechanism, who pop3.Credentials) error {
	err := l.wire.Auth(ctx, m.Client(who))
	refused := symbian.ErrInvalidLogin
	if failed, ok := errors.AsType[*pop3.AuthError](err); ok && failed.Responses < m.Proof {
		refused = symbian.ErrInvalidUser
	}
	if errors.Is(err, pop3.ErrChallenge) {
		code := symbian.ErrServer
		if m.Name == "LOGIN" { // behaviour section 3, "Wire forms"
			code = symbian.ErrNotSupported
		}
		return &Fault{Step: loggingIn, Code: code, Err: err}
	}
	return loginFault(ctx, refused, err)
}

// loginFault returns the number for a failed login. A response code that blames the server, or the
// time of the login, takes precedence over the step (RFC 3206 section 4, RFC 2449 section 8.1.1).
func loginFault(ctx context.Context, refused symbian.Code, err error) error {
	switch {
	case errors.Is(err, pop3.ErrArgument):
		return &Fault{Step: loggingIn, Code: symbian.ErrArgument, Err: err}
	case errors.Is(err, pop3.ErrTemporary), errors.Is(err, pop3.ErrPermanent), errors.Is(err, pop3.ErrLoginDelay):
		refused = symbian.ErrServer
	case saysLocked(err):
		refused = symbian.ErrInUse
	}
	return fail(ctx, loggingIn, refused, err)
}

// lockedWords matches the replies of servers without response codes when another
// session has the mailbox.
var lockedWords = regexp.MustCompile(`(?i)\b(mail ?drop|mail ?box|spool)\b.*\b(locked|in use|busy)\b` +
	`|\block(ed|ing)?\b.*\b(mail ?drop|mail ?box|spool)\b` +
	`|\block busy\b|\balready (locked|in use)\b` +
	`|\b(another|other|concurrent) (pop3? )?(session|connection|client)\b`)

// saysLocked reports whether a login was refused because the mailbox is locked. QUIRK 27: RFC 1939
// section 7 has the text "maildrop already locked", but no code.
func saysLocked(err error) bool {
	reply, ok := errors.AsType[*pop3.ReplyError](err)
	return ok && reply.Code == "" && lockedWords.MatchString(reply.Text)
}

// mechanism returns the SASL mechanism of a method.
func mechanism(method account.Auth) pop3.Mechanism {
	all := pop3.Mechanisms()
	return all[slices.IndexFunc(all, func(m pop3.Mechanism) bool { return m.Name == strings.ToUpper(string(method)) })]
}

// obstacle says why a method cannot be used. The later ones say more to the user.
type obstacle int

const (
	noObstacle obstacle = iota
	notOffered
	noTimestamp
	readable // the secret could be read on the network
)

// chooseAuth returns the first method that the server offers and the connection permits.
func (l *line) chooseAuth() (account.Auth, error) {
	private := l.wire.Encrypted() || account.Loopback(l.settings.Host)
	offered := l.wire.Capabilities().Mechanisms()
	worst := notOffered
	for i, method := range l.settings.Auth.Methods(private) {
		listed := i == 0 && l.settings.AuthUnlisted || slices.Contains(offered, strings.ToUpper(string(method)))
		o := l.obstacle(method, listed, private || l.settings.AllowPlaintext)
		if o == noObstacle {
			return method, nil
		}
		worst = max(worst, o)
	}
	f := &Fault{Step: loggingIn, Code: symbian.ErrAuthenticationFailed}
	switch worst {
	case readable:
		f.Err = errors.New("the password would be sent in clear text; choose tls, or set allow-plaintext to allow it")
	case noTimestamp:
		f.Code = symbian.ErrNoTimestamp
		f.Err = errors.New("choose another way to log in with auth=auto")
		if err := l.wire.TimestampError(); errors.Is(err, pop3.ErrBadTimestamp) {
			f.Err = fmt.Errorf("%w; choose another way to log in with auth=auto", err)
		}
	default:
		f.Err = fmt.Errorf("the server offers %s, and auth is %s", listOf(offered), l.settings.Auth)
	}
	return "", f
}

func (l *line) obstacle(method account.Auth, listed, mayShow bool) obstacle {
	switch method {
	case account.UserPass:
	case account.APOP:
		if _, ok := l.wire.Timestamp(); !ok {
			return noTimestamp
		}
		return noObstacle
	default:
		m := mechanism(method)
		if !listed || m.Bearer && l.settings.Token == (account.Token{}) {
			return notOffered
		}
		if !m.Clear {
			return noObstacle
		}
	}
	if !mayShow {
		return readable
	}
	return noObstacle
}

// listOf returns, for an error, the first mechanisms that a server lists.
func listOf(mechanisms []string) string {
	const shown = 10
	if len(mechanisms) == 0 {
		return "no mechanism of AUTH"
	}
	text := fmt.Sprintf("%q", mechanisms[:min(shown, len(mechanisms))])
	return strings.ReplaceAll(strings.Trim(text, "[]"), `"`, "")
}

func (l *line) capabilities(ctx context.Context) error {
	_, err := l.wire.Capa(ctx)
	return fail(ctx, "asking for capabilities", symbian.ErrServer, err)
}
