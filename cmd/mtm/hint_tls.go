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

// tlsWords are in the replies of servers that want TLS.
var tlsWords = regexp.MustCompile(`(?i)\b(tls|ssl|stls|starttls|tls/ssl|ssl/tls)\b|secure|encrypt|\b(plain|clear)[ -]?text\b|under a layer`)

// wantsTLS reports whether the server refused a step because the line has no TLS: it says so, or it
// will not even have a user name, as Exchange and WildDuck put it.
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

// hintForTLS returns what to do about TLS that failed.
func hintForTLS(failure *mtm.Error, a mtm.Account) string {
	set := "'mtm account set " + a.Name
	if _, ok := errors.AsType[*account.CertificateError](failure); ok {
		return "nothing in the account's settings is wrong: the server needs a new certificate, or this computer's clock is wrong"
	}
	if name, ok := errors.AsType[x509.HostnameError](failure); ok && name.Certificate != nil {
		return fmt.Sprintf("%s --tls-name NAME' takes the name that the certificate is for, when it is the right server", set)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](failure); ok {
		return fmt.Sprintf("%s --tls-ca FILE' takes the certificate authority to trust", set)
	}
	_, refused := errors.AsType[*pop3.ReplyError](failure)
	switch {
	case refused:
		return fmt.Sprintf("the server has no TLS on this port: %s --tls implicit --pop3 HOST:PORT' is for a port that begins with it, usually 995", set)
	case failure.Code == mtm.ErrTLSRefused:
		return fmt.Sprintf("%s' takes --tls-ca FILE and --tls-name NAME, which say what certificate to trust", set)
	case a.POP3.Security.TLS == account.Implicit:
		return fmt.Sprintf("%s --tls stls' is for ports that do not begin with TLS", set)
	}
	return fmt.Sprintf("%s --tls implicit' is for ports that begin with TLS", set)
}
