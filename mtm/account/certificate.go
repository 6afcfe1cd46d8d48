package account

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// CertificateError reports that the dates of a server's certificate are not valid.
type CertificateError struct {
	Text string // the explanation, safe to print
	Err  error  // of the handshake
}

func (e *CertificateError) Error() string { return e.Text }

// Unwrap returns the error of the handshake.
func (e *CertificateError) Unwrap() error { return e.Err }

// ExplainTLS returns a *CertificateError for a handshake that failed because of the dates of the
// server's certificate, and any other error unchanged.
func ExplainTLS(err error) error {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	if !ok || invalid.Reason != x509.Expired || invalid.Cert == nil {
		return err
	}
	whose := "the server's certificate"
	if names := invalid.Cert.DNSNames; len(names) > 0 {
		whose += ", for " + shownName(names[0]) + ","
	}
	now, from, to := time.Now(), invalid.Cert.NotBefore, invalid.Cert.NotAfter
	if now.Before(from) {
		return &CertificateError{fmt.Sprintf("%s is not valid before %s, and this computer's clock says %s", whose,
			from.Format(time.DateOnly), now.Format(time.DateOnly)), err}
	}
	return &CertificateError{fmt.Sprintf("%s expired on %s", whose, to.Format(time.DateOnly)), err}
}

// shownName escapes and shortens a name that a server sent.
func shownName(name string) string {
	const most = 100
	quoted := strconv.QuoteToASCII(name[:min(most, len(name))])
	return strings.Trim(quoted, `"`)
}
