package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
)

// tlsWords matches the replies of servers that require TLS.
var tlsWords = regexp.MustCompile(`(?i)\b(tls|ssl|stls|starttls|tls/ssl|ssl/tls)\b|secure|encrypt|\b(plain|clear)[ -]?text\b|under a layer`)

// wantsTLS reports whether the server refused a step because the connection has no TLS: its reply
// says so, or it refuses the user name as Exchange and WildDuck do.
func wantsTLS(failure *mtm.Error, a mtm.Account) bool {
	reply, refused := errors.AsType[*pop3.ReplyError](failure)
	if !refused || a.POP3.Security.TLS != account.NoTLS {
		return false
	}
	if tlsWords.MatchString(reply.Text) {
		return true
	}
	switch reply.Verb {
	case "USER", "AUTH", "APOP":
		state := regexp.MustCompile(`(?i)\bin this state\b|\b(command|login|logins|user|auth)\b.*\b(disabled|not (allowed|available|permitted|enabled|valid))\b`)
		return state.MatchString(reply.Text)
	}
	return false
}

// hintForTLS returns what the user can do when TLS failed.
func hintForTLS(failure *mtm.Error, a mtm.Account) string {
	set := "'mtm account set " + a.Name
	if _, ok := errors.AsType[*account.CertificateError](failure); ok {
		return "nothing in the account's settings is wrong: the server needs a new certificate, or this computer's clock is wrong"
	}
	if name, ok := errors.AsType[x509.HostnameError](failure); ok && name.Certificate != nil {
		return fmt.Sprintf("if it is the right server, %s --tls-name NAME' accepts the name in its certificate", set)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](failure); ok {
		return fmt.Sprintf("%s --tls-ca FILE' sets the certificate authority to trust", set)
	}
	_, refused := errors.AsType[*pop3.ReplyError](failure)
	switch {
	case refused:
		return fmt.Sprintf("the server has no TLS on this port: %s --tls implicit --pop3 HOST:PORT' is for a port that begins with TLS, usually 995", set)
	case failure.Code == mtm.ErrTLSRefused:
		return fmt.Sprintf("%s' with --tls-ca FILE or --tls-name NAME sets which certificate to trust", set)
	case a.POP3.Security.TLS == account.Implicit:
		return fmt.Sprintf("%s --tls stls' is for ports that do not begin with TLS", set)
	}
	return fmt.Sprintf("%s --tls implicit' is for ports that begin with TLS", set)
}
