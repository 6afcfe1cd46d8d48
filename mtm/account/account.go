// Package account holds the settings of a mailbox: their fields, defaults and
// limits, and how they are written as name and value (behaviour section 10).
package account

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"pop3mtm/mtm/mail"
)

// Limits of behaviour section 10.
const (
	maxName = 256  // characters of an account's name
	maxText = 1024 // octets of a host name, login name or password
)

// POP3 holds the settings of a POP3 account. The zero value is not valid: start from Defaults.
type POP3 struct {
	Host             string        // name or address of the server
	Port             int           // 1 to 65535; it does not follow TLS (behaviour section 3)
	Security         Security      // NoTLS, STLS or Implicit
	LoginName        string        // user name sent to the server
	Password         Password      // where the password comes from
	Token            Token         // where the token for XOAUTH2 and OAUTHBEARER comes from
	Auth             Auth          // how to log in
	AuthUnlisted     bool          // use the first method of Auth although the server does not list it (QUIRK 12)
	AllowPlaintext   bool          // allow sending the password in clear text to a host that is not this machine
	IgnoreUIDL       bool          // distinguish messages by their headers, as on a server without unique-ids
	SyncLimit        int           // headers kept in the mailbox: -1 all, 0 no refresh at all, N the newest N
	DisconnectedMode bool          // the original's DisconnectedUserMode: entries stay visible offline
	BearerMobility   bool          // the original's BearerMobility: an operation continues over another connection
	Autosend         bool          // the original's AutoSendOnConnect: a connect sends what waits in the Outbox
	GetMail          GetMail       // what GetMail fetches by default
	MaxEmailSize     int64         // largest message fetched by default, in octets; 0 = no limit
	MaxMessage       int64         // largest message ever fetched, in octets; 0 = no limit
	MaxTime          time.Duration // longest time that an operation may take; 0 = no limit
	MinRate          int64         // octets per second that the server must send while the client waits; 0 = no limit
	Charset          string        // charset of mail that names no charset and is not UTF-8; "" = windows-1252
	PopulationLimit  int           // lines of the body that Populate fetches by default; -1 = all
	SMTP             SMTP          // how the account sends mail
}

// GetMail is the original's GetMailOptions.
type GetMail string

// The values of GetMail.
const (
	Headers  GetMail = "headers"
	Messages GetMail = "messages"
)

// Defaults returns the original's defaults: port 110, no TLS, no limits. Auth is Auto, where the
// original sent USER and PASS: the best method is the default.
func Defaults() POP3 {
	return POP3{
		Port: 110, Security: Security{TLS: NoTLS}, Auth: Auto, SyncLimit: -1,
		GetMail: Messages, Charset: mail.DefaultFallback, MaxMessage: 2 << 30, PopulationLimit: -1, SMTP: SMTPDefaults(),
	}
}

// Address returns host:port for a dialer.
func (p POP3) Address() string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// Validate returns an error for the first invalid setting, which it names.
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
	if err := p.Security.validate("", NoTLS, STLS, Implicit); err != nil {
		return err
	}
	if err := p.login(); err != nil {
		return err
	}
	if p.SyncLimit < -1 {
		return fmt.Errorf("sync limit %d is below -1 (-1 keeps all headers, 0 none)", p.SyncLimit)
	}
	if p.GetMail != Headers && p.GetMail != Messages {
		return fmt.Errorf("get-mail-options %q is not %s or %s", p.GetMail, Headers, Messages)
	}
	if p.MaxEmailSize < 0 {
		return fmt.Errorf("max-email-size %d is below 0 (0 is no limit)", p.MaxEmailSize)
	}
	if err := p.bounds(); err != nil {
		return err
	}
	if p.PopulationLimit < -1 {
		return fmt.Errorf("population-limit %d is below -1 (-1 is no limit)", p.PopulationLimit)
	}
	if p.Charset != "" && !mail.KnownCharset(p.Charset) {
		return fmt.Errorf("unknown charset %q: use a name such as windows-1251, iso-8859-2 or shift_jis", p.Charset)
	}
	return p.SMTP.Validate()
}

// bounds checks the limits on time, rate and size.
func (p POP3) bounds() error {
	switch {
	case p.MaxMessage < 0:
		return fmt.Errorf("max-message %d is below 0 (0 is no limit)", p.MaxMessage)
	case p.MaxTime < 0:
		return fmt.Errorf("max-time %v is below 0 (0s is no limit)", p.MaxTime)
	case p.MinRate < 0:
		return fmt.Errorf("min-rate %d is below 0 (0 is no limit)", p.MinRate)
	}
	return nil
}

func (p POP3) login() error {
	if err := p.Auth.validate("auth", Auths()); err != nil {
		return err
	}
	if p.AuthUnlisted && p.Auth == Auto {
		return errors.New("auth-unlisted needs auth set to a method, not to auto")
	}
	if err := p.Password.validate("password"); err != nil {
		return err
	}
	if err := p.Token.validate("token"); err != nil {
		return err
	}
	return p.Auth.checkToken("auth", p.Token)
}

// ValidateName returns an error unless name is valid for an account: 1 to 256 printable characters,
// and not a number, since numbers are ids.
func ValidateName(name string) error {
	switch {
	case name == "":
		return errors.New("the account's name is missing")
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("the account's name is longer than %d characters", maxName)
	}
	if _, err := strconv.Atoi(name); err == nil {
		return fmt.Errorf("the account's name cannot be a number such as %s: numbers are ids", name)
	}
	return printable("account name", name)
}

func text(what, s string) error {
	if len(s) > maxText {
		return fmt.Errorf("%s is longer than %d octets", what, maxText)
	}
	return printable(what, s)
}

// printable rejects control characters: CR or LF in a login would let a setting send a second
// command to the server.
func printable(what, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not valid UTF-8", what)
	}
	for i, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%s has the unprintable character %U at octet %d", what, r, i)
		}
	}
	return nil
}
