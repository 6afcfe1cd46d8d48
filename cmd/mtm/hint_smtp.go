package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/autosend"
)

// hintForSending returns what the user can do when mail could not be sent, "" when the
// error says it already.
func hintForSending(failed error, a mtm.Account) string {
	failure, ok := errors.AsType[*autosend.Error](failed)
	if !ok {
		return ""
	}
	set := "'mtm account set " + a.Name
	s := a.POP3.SMTP
	if s.Security.TLS == account.NoTLS && failure.Err != nil && tlsWords.MatchString(failure.Err.Error()) {
		return "the server requires TLS: " + set + " --smtp-tls starttls', or --smtp-tls implicit for a port that begins with TLS, such as 465"
	}
	switch failure.Code {
	case mtm.ErrCannotConnect:
		return fmt.Sprintf("is a mail server running on %s? %s --smtp HOST:PORT' changes the server", s.Address(), set)
	case mtm.ErrHostNotFound:
		return set + " --smtp HOST:PORT' corrects it"
	case mtm.ErrLoginRefused:
		return set + "' with --smtp-user and --smtp-password (or --smtp-password-env, --smtp-password-command) corrects them"
	case mtm.ErrAuthenticationFailed:
		return set + "' changes --smtp-tls, --smtp-auth, --smtp-allow-plaintext and the source of the password"
	case mtm.ErrTimedOut:
		if s.Security.TLS != account.Implicit {
			return "the server was too slow: --timeout waits longer; " + set + " --smtp-tls implicit' is for ports that begin with TLS, such as 465"
		}
		return "the server was too slow: --timeout waits longer"
	case mtm.ErrSMTPTLS:
		return hintForSMTPTLS(failure, s.Security.TLS, set)
	}
	return ""
}

func hintForSMTPTLS(failure *autosend.Error, wanted account.TLS, set string) string {
	if _, ok := errors.AsType[*account.CertificateError](failure); ok {
		return "nothing in the account's settings is wrong: the server needs a new certificate, or this computer's clock is wrong"
	}
	if name, ok := errors.AsType[x509.HostnameError](failure); ok && name.Certificate != nil {
		return "if it is the right server, " + set + " --smtp-tls-name NAME' accepts the name in its certificate"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](failure); ok {
		return set + " --smtp-tls-ca FILE' sets the certificate authority to trust"
	}
	_, noTLS := errors.AsType[tls.RecordHeaderError](failure)
	switch {
	case wanted == account.StartTLS && !noTLS:
		return "the server has no TLS on this port: " + set + " --smtp-tls implicit --smtp HOST:PORT' is for a port that begins with TLS, usually 465"
	case noTLS && wanted == account.Implicit:
		return set + " --smtp-tls starttls' is for ports that do not begin with TLS"
	}
	return set + "' with --smtp-tls-ca FILE or --smtp-tls-name NAME sets which certificate to trust"
}
