package features

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"slices"

	"pop3mtm/fixtures"
	"pop3mtm/mtm/account"
)

// The values of {certificate}, besides trusted.
const (
	forAnotherName = "for another name"
	expired        = "expired"
	signedByNobody = "signed by nobody"
)

// protections returns the values of {protection}, with the setting that each means.
func protections() map[string]account.TLS {
	return map[string]account.TLS{"on request": account.STLS, "from the start": account.Implicit}
}

// authorityFile writes the certificate of the authority that the account trusts, and returns the
// path of the file.
func (w *world) authorityFile() (string, error) {
	path := filepath.Join(w.dir, "ca.pem")
	return path, os.WriteFile(path, w.signer().PEM(), 0o600)
}

func (w *world) signer() *fixtures.CA {
	if w.authority == nil {
		w.authority = fixtures.NewCA()
	}
	return w.authority
}

// serverTLS returns the server's TLS configuration; nil when no step has asked for TLS, or when the
// server lacks it.
func (w *world) serverTLS() *tls.Config {
	if (w.authority == nil && w.certificate == "") || slices.Contains(w.options.Without, abilities()[protectTheLine]) {
		return nil
	}
	switch w.certificate {
	case forAnotherName:
		return w.signer().Server("mail.example.org")
	case expired:
		return w.signer().Expired()
	case signedByNobody:
		return fixtures.SelfSigned()
	}
	return w.signer().Server()
}
