package account

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SMTP says how the account sends mail (behaviour section 10). Without a Host it sends none. The
// zero value is not valid: start from SMTPDefaults.
type SMTP struct {
	Host           string
	Port           int // 1 to 65535
	Security       Security
	From           string // the sender's address
	Auth           Auth   // NoAuth, Auto or a list of methods
	InboxLogin     bool   // log in with the login of the mailbox; LoginName, Password and Token are not used then
	LoginName      string
	Password       Password
	Token          Token
	AllowPlaintext bool // as in POP3

	Send             Send
	CopyToSelf       CopyToSelf
	Signature        string // below the text of each mail; lines end with LF
	VCard            string // file that is attached to each mail
	RequestReceipts  bool
	ReceiptAddress   string // "" = ReplyTo, else From
	ReplyTo          string
	ToCcIncludeLimit int // characters of To and Cc that a reply or forward quotes; 0 quotes neither
}

// NoAuth means that mail is sent without logging in. It is valid for SMTP only.
const NoAuth Auth = "none"

// Send says when mail in the Outbox is sent.
type Send string

// The values of Send: the original's send message options.
const (
	Immediately      Send = "immediately"
	OnNextConnection Send = "on-next-connection"
	OnRequest        Send = "on-request"
)

// CopyToSelf says where the sender's own address is added.
type CopyToSelf string

// The values of CopyToSelf: the original's options.
const (
	NoCopy  CopyToSelf = "no"
	CopyTo  CopyToSelf = "to"
	CopyCc  CopyToSelf = "cc"
	CopyBcc CopyToSelf = "bcc"
)

// maxSignature limits a signature, in octets.
const maxSignature = 16 << 10

// SMTPDefaults returns the original's defaults: port 25, no login, mail is sent immediately.
func SMTPDefaults() SMTP {
	return SMTP{Port: 25, Security: Security{TLS: NoTLS}, Auth: NoAuth, Send: Immediately, CopyToSelf: NoCopy}
}

// Address returns host:port for a dialer.
func (s SMTP) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Validate returns an error for the first invalid setting, which it names.
func (s SMTP) Validate() error {
	if s.Host == "" {
		if s != SMTPDefaults() {
			return errors.New("the SMTP settings need a server: smtp-host is missing")
		}
		return nil
	}
	if err := text("smtp-host", s.Host); err != nil {
		return err
	}
	if s.Port < 1 || s.Port > 65535 {
		return fmt.Errorf("smtp-port %d is not between 1 and 65535", s.Port)
	}
	if err := s.Security.validate("smtp-", NoTLS, StartTLS, Implicit); err != nil {
		return err
	}
	if s.From == "" {
		return errors.New("smtp-from, the sender's address, is missing")
	}
	if err := s.addresses(); err != nil {
		return err
	}
	if err := s.login(); err != nil {
		return err
	}
	return s.composing()
}

func (s SMTP) addresses() error {
	for _, a := range [][2]string{{"smtp-from", s.From}, {"smtp-receipt-address", s.ReceiptAddress}, {"smtp-reply-to", s.ReplyTo}} {
		if a[1] == "" {
			continue
		}
		if err := text(a[0], a[1]); err != nil {
			return err
		}
		if _, err := mail.ParseAddress(a[1]); err != nil {
			return fmt.Errorf("%s %q is not an address such as ada@example.org", a[0], a[1])
		}
	}
	return nil
}

func (s SMTP) login() error {
	allowed := []Auth{NoAuth, Auto, Plain, Login, CRAMMD5, SCRAMSHA1, SCRAMSHA256, XOAUTH2, OAuthBearer}
	if err := s.Auth.validate("smtp-auth", allowed); err != nil {
		return err
	}
	if err := text("smtp-user", s.LoginName); err != nil {
		return err
	}
	if err := s.Password.validate("smtp-password"); err != nil {
		return err
	}
	if err := s.Token.validate("smtp-token"); err != nil {
		return err
	}
	switch own := s.LoginName != "" || s.Password != (Password{}) || s.Token != (Token{}); {
	case s.InboxLogin && own:
		return errors.New("smtp-inbox-login uses the login of the mailbox: it excludes smtp-user, smtp-password and smtp-token")
	case s.Auth == NoAuth && (own || s.InboxLogin):
		return errors.New("a login for SMTP needs smtp-auth, which is set to none")
	case s.Auth != NoAuth && !s.InboxLogin && s.LoginName == "":
		return errors.New("smtp-auth needs smtp-user or smtp-inbox-login")
	case s.Auth != NoAuth && !s.InboxLogin:
		return s.Auth.checkToken("smtp-auth", s.Token)
	}
	return nil
}

func (s SMTP) composing() error {
	if sends := []Send{Immediately, OnNextConnection, OnRequest}; !slices.Contains(sends, s.Send) {
		return fmt.Errorf("smtp-send %q is not one of %v", s.Send, sends)
	}
	if copies := []CopyToSelf{NoCopy, CopyTo, CopyCc, CopyBcc}; !slices.Contains(copies, s.CopyToSelf) {
		return fmt.Errorf("smtp-copy-to-self %q is not one of %v", s.CopyToSelf, copies)
	}
	if len(s.Signature) > maxSignature {
		return fmt.Errorf("smtp-signature is longer than %d octets", maxSignature)
	}
	if !utf8.ValidString(s.Signature) {
		return errors.New("smtp-signature is not valid UTF-8")
	}
	for line := range strings.SplitSeq(s.Signature, "\n") {
		if err := printable("smtp-signature", line); err != nil {
			return err
		}
	}
	if err := text("smtp-vcard", s.VCard); err != nil {
		return err
	}
	if s.ToCcIncludeLimit < 0 {
		return fmt.Errorf("smtp-to-cc-include-limit %d is below 0", s.ToCcIncludeLimit)
	}
	return nil
}
