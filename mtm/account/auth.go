package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Auth says how to log in: Auto, one method, or several methods separated by commas, of which the
// first one is used that the server offers and the connection permits. The method is chosen before
// anything is sent, and no other is tried after a refusal (behaviour section 0).
type Auth string

// The methods to log in.
const (
	Auto        Auth = "auto"     // the best that the server offers, see Methods
	UserPass    Auth = "userpass" // RFC 1939 section 7, USER and PASS
	APOP        Auth = "apop"     // RFC 1939 section 7, APOP
	Plain       Auth = "plain"    // this and the following are SASL mechanisms
	Login       Auth = "login"
	CRAMMD5     Auth = "cram-md5"
	SCRAMSHA1   Auth = "scram-sha-1"
	SCRAMSHA256 Auth = "scram-sha-256"
	XOAUTH2     Auth = "xoauth2"     // needs a token
	OAuthBearer Auth = "oauthbearer" // needs a token
)

// Auths returns the values of Auth for POP3, one by one.
func Auths() []Auth {
	return []Auth{Auto, UserPass, APOP, Plain, Login, CRAMMD5, SCRAMSHA1, SCRAMSHA256, XOAUTH2, OAuthBearer}
}

// Methods returns the methods in the order in which they are tried. Auto prefers tokens to
// passwords, and sends a secret in clear text only if there is no other method. private says that
// nobody can listen: TLS, or a server on this machine. Then APOP comes last, since servers send its
// timestamp without supporting it (QUIRK 4, 6).
func (a Auth) Methods(private bool) []Auth {
	if a != Auto {
		return a.list()
	}
	methods := []Auth{OAuthBearer, XOAUTH2, SCRAMSHA256, SCRAMSHA1, CRAMMD5}
	if private {
		return append(methods, Plain, Login, UserPass)
	}
	return append(methods, APOP, Plain, Login, UserPass)
}

// OriginalAuth returns what the original's settings POP3Auth, FallBack and Apop mean (behaviour
// section 3, "Auth selection"). FallBack is used only with POP3Auth.
func OriginalAuth(pop3Auth, fallBack, apop bool) Auth {
	switch {
	case !pop3Auth && apop:
		return APOP
	case !pop3Auth:
		return UserPass
	case !fallBack:
		return CRAMMD5
	case apop:
		return CRAMMD5 + "," + APOP
	}
	return CRAMMD5 + "," + Plain + "," + Login + "," + UserPass
}

// Bearer reports whether the method sends a token; all others use the password.
func (a Auth) Bearer() bool { return a == XOAUTH2 || a == OAuthBearer }

func (a Auth) list() []Auth {
	var list []Auth
	for word := range strings.SplitSeq(string(a), ",") {
		list = append(list, Auth(strings.TrimSpace(word)))
	}
	return list
}

func (a Auth) validate(what string, allowed []Auth) error {
	list := a.list()
	for i, one := range list {
		switch {
		case !slices.Contains(allowed, one):
			return fmt.Errorf("%s %q is not one of %v", what, one, allowed)
		case slices.Contains(list[:i], one):
			return fmt.Errorf("%s names %s twice", what, one)
		case !one.combines() && len(list) > 1:
			return fmt.Errorf("%s %s excludes all others", what, one)
		}
	}
	return nil
}

func (a Auth) combines() bool { return a != Auto && a != NoAuth }

// checkToken requires a token where all methods need one.
func (a Auth) checkToken(what string, t Token) error {
	password := func(one Auth) bool { return !one.Bearer() }
	if t == (Token{}) && !slices.ContainsFunc(a.list(), password) {
		return errors.New(what + " " + string(a) + " needs a token, a variable for it or a command for it")
	}
	return nil
}
