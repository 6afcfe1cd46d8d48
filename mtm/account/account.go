// Package account holds the settings of a mailbox: their fields, defaults and
// limits, and how they are written as name and value (behaviour section 10).
package account

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Limits of behaviour section 10.
const (
	MaxName = 256  // characters of an account's name
	MaxText = 1024 // octets of a host name, login name or password
)

// Auth says how to log in.
type Auth string

// The ways to log in. Auto picks one before anything is sent; a refusal is
// final, no weaker way is tried after it (behaviour section 0).
const (
	Auto     Auth = "auto"     // USER/PASS where it is safe or the only way, else APOP
	UserPass Auth = "userpass" // RFC 1939 section 7, USER and PASS
	APOP     Auth = "apop"     // RFC 1939 section 7, APOP
)

// auths lists the accepted values in the order that messages show them.
func auths() []Auth { return []Auth{Auto, UserPass, APOP} }

// POP3 is the settings of one POP3 account. The zero value is not valid: start
// from Defaults.
type POP3 struct {
	Host             string   // name or address of the server
	Port             int      // 1 to 65535
	LoginName        string   // user name sent to the server
	Password         Password // where the password comes from
	Auth             Auth     // how to log in
	AllowPlaintext   bool     // permits USER/PASS over an unencrypted line to a host that is not this machine
	SyncLimit        int      // headers kept in the mailbox: -1 all, 0 no refresh at all, N the newest N
	DisconnectedMode bool     // the original's DisconnectedUserMode: entries stay visible offline
}

// Defaults gives the original's defaults: port 110, no synchronisation limit.
func Defaults() POP3 { return POP3{Port: 110, Auth: Auto, SyncLimit: -1} }

// Address is host:port as a dialer wants it.
func (p POP3) Address() string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// Validate says what is wrong with the settings, naming the setting, or nil.
func (p POP3) Validate() error {
	if p.Host == "" {
		return errors.New("the server's host is missing")
	}
	if p.LoginName == "" {
		return errors.New("the user name is missing")
	}
	if err := text("host", p.Host); err != nil {
		return err
	}
	if err := text("user", p.LoginName); err != nil {
		return err
	}
	if p.Port < 1 || p.Port > 65535 {
		return fmt.Errorf("port %d is not between 1 and 65535", p.Port)
	}
	if !slices.Contains(auths(), p.Auth) {
		return fmt.Errorf("auth %q is not one of %v", p.Auth, auths())
	}
	if p.SyncLimit < -1 {
		return fmt.Errorf("sync limit %d is below -1 (-1 keeps all headers, 0 none)", p.SyncLimit)
	}
	return p.Password.validate()
}

// ValidateName checks an account's name: 1 to MaxName printable characters.
func ValidateName(name string) error {
	switch {
	case name == "":
		return errors.New("the account's name is missing")
	case utf8.RuneCountInString(name) > MaxName:
		return fmt.Errorf("the account's name is longer than %d characters", MaxName)
	}
	return printable("account name", name)
}

func text(what, s string) error {
	if len(s) > MaxText {
		return fmt.Errorf("%s is longer than %d octets", what, MaxText)
	}
	return printable(what, s)
}

// printable keeps control characters out: CR and LF in a login would let one
// setting smuggle a second command to the server.
func printable(what, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not valid UTF-8", what)
	}
	for i, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%s holds the unprintable character %U at octet %d", what, r, i)
		}
	}
	return nil
}
