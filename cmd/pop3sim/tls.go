package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fixtures"
)

// tlsFlags holds the flags about the certificate of the server.
type tlsFlags struct {
	certificate, key string
	caOut            string
	require          bool
}

func (f *tlsFlags) add(flags *pflag.FlagSet) {
	f.addCertificate(flags)
	flags.BoolVar(&f.require, "require-tls", false, "reject clear-text logins before TLS")
}

func (f *tlsFlags) addCertificate(flags *pflag.FlagSet) {
	flags.StringVar(&f.certificate, "tls-cert", "", "the server's certificate chain in the PEM `FILE`")
	flags.StringVar(&f.key, "tls-key", "", "its private key in the PEM `FILE`")
	flags.StringVar(&f.caOut, "tls-ca-out", "", "write the certificate authority of the generated certificate to `FILE`, for clients")
}

func (f *tlsFlags) check() error {
	switch {
	case (f.certificate == "") != (f.key == ""):
		return cli.Usage("--tls-cert and --tls-key must be given together")
	case f.certificate != "" && f.caOut != "":
		return cli.Usage("--tls-ca-out needs a generated certificate: omit --tls-cert")
	}
	return nil
}

// trust returns the flags with which curl and mtm accept the certificate.
func (f *tlsFlags) trust() (curl, mtm string) {
	switch {
	case f.certificate != "":
		return "", "" // signed by an authority that the system trusts
	case f.caOut != "":
		return "--cacert " + shellWord(f.caOut) + " ", "--tls-ca " + shellWord(f.caOut) + " "
	}
	return "--insecure ", "--tls-insecure-skip-verify "
}

// open reads or generates the certificate. addresses are the addresses to listen on.
func (f *tlsFlags) open(addresses ...string) (*tls.Config, error) {
	if f.certificate != "" {
		pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
		if err != nil {
			return nil, fmt.Errorf("--tls-cert %s, --tls-key %s: %w", f.certificate, f.key, err)
		}
		return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
	}
	ca := fixtures.NewCA()
	if f.caOut != "" {
		if info, err := os.Stat(f.caOut); err == nil && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("--tls-ca-out %s exists and is not a regular file", f.caOut)
		}
		if err := writeWhole("--tls-ca-out", f.caOut, ca.PEM()); err != nil {
			return nil, err
		}
	}
	names, err := serverNames(addresses)
	if err != nil {
		return nil, err
	}
	return ca.Server(names...), nil
}

// serverNames returns the names by which clients may know this server.
func serverNames(addresses []string) ([]string, error) {
	names := []string{"localhost", "127.0.0.1", "::1"}
	for _, address := range addresses {
		if address == "" {
			continue
		}
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			// Other machines use the host name.
			if host, err = os.Hostname(); err != nil {
				return nil, errors.Join(errors.New("cannot make a certificate without a host name: give --tls-cert"), err)
			}
		}
		if !slices.Contains(names, host) {
			names = append(names, host)
		}
	}
	return names, nil
}

// shellWord quotes text for a POSIX shell if needed.
func shellWord(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:@%+=/,"
	if strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
