package account

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
)

// TLS says how the connection is protected. There is no fallback: a server without the wanted
// protection is an error.
type TLS string

// The ways to protect a connection.
const (
	NoTLS    TLS = "none"
	STLS     TLS = "stls"     // POP3: STLS on the usual port, the original's SecureSockets (RFC 2595)
	StartTLS TLS = "starttls" // SMTP: STARTTLS on the usual port (RFC 3207)
	Implicit TLS = "implicit" // from the first octet on, the original's SSLWrapper (RFC 8314)
)

// Security says how the connection to a server is protected.
type Security struct {
	TLS        TLS
	CA         string // file of PEM certificates to trust instead of the system's; "" = the system's
	Name       string // the name that the server's certificate must have; "" = the host
	SkipVerify bool   // accept any certificate: an attacker on the network can then read and change everything
}

func (s Security) validate(prefix string, allowed ...TLS) error {
	if !slices.Contains(allowed, s.TLS) {
		return fmt.Errorf("%stls %q is not one of %v", prefix, s.TLS, allowed)
	}
	if s.TLS == NoTLS && s != (Security{TLS: NoTLS}) {
		return fmt.Errorf("%[1]stls-ca, %[1]stls-name and %[1]stls-insecure-skip-verify need %[1]stls, which is set to none", prefix)
	}
	if s.SkipVerify && (s.CA != "" || s.Name != "") {
		return errors.New(prefix + "tls-insecure-skip-verify accepts any certificate: it excludes " + prefix + "tls-ca and " + prefix + "tls-name")
	}
	if err := text(prefix+"tls-ca", s.CA); err != nil {
		return err
	}
	return text(prefix+"tls-name", s.Name)
}

// maxCA limits a file of certificates, in octets; the certificates of a whole system take a quarter
// of a MiB.
const maxCA = 16 << 20

// Config returns the TLS configuration for a server on host, or nil without TLS. It reads the
// CA file, at most 16 MiB.
func (s Security) Config(host string) (*tls.Config, error) {
	if s.TLS == NoTLS {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, InsecureSkipVerify: s.SkipVerify}
	if s.Name != "" { // the original's TlsSslDomain
		config.ServerName = s.Name
	}
	if s.CA == "" {
		return config, nil
	}
	pem, err := readCA(s.CA)
	if err != nil {
		return nil, err
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", s.CA)
	}
	return config, nil
}

func readCA(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxCA))
}

// Loopback reports whether a host name can only mean this machine.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
