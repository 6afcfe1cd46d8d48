package account_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"pop3mtm/fixtures"
	"pop3mtm/internal/budget"
	"pop3mtm/mtm/account"
)

// FuzzSettings: what a store may hold is refused, or is settings that are written as they were
// read.
func FuzzSettings(f *testing.F) {
	for name, value := range account.Defaults().Map() {
		f.Add(name, value, "host", "pop.example.org")
	}
	f.Add("max-time", "1h", "min-rate", "-1")
	f.Add("auth", "apop,plain", "user", "a\x00")
	f.Fuzz(func(t *testing.T, name, value, other, text string) {
		values := account.Defaults().Map()
		values["host"], values["user"] = "pop.example.org", "demo"
		values[name], values[other] = value, text
		budget.Of(t, []byte(value), func(value []byte) {
			values := maps.Clone(values)
			values[name] = string(value)
			_, _ = account.FromMap(values)
		})
		p, err := account.FromMap(values)
		if err != nil {
			return
		}
		if err := p.Validate(); err != nil {
			t.Fatalf("%q=%q, %q=%q: %v", name, value, other, text, err)
		}
		again, err := account.FromMap(p.Map())
		if err != nil || again != p {
			t.Fatalf("%q=%q, %q=%q is not read as it was written: %v", name, value, other, text, err)
		}
	})
}

// FuzzCA: a file of certificates is taken or refused, whatever is in it.
func FuzzCA(f *testing.F) {
	f.Add(fixtures.NewCA().PEM())
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN \n-----BEGIN CERTIFICATE-----\nA: b\n\n====\n-----END"))
	f.Fuzz(func(t *testing.T, pem []byte) {
		s := account.Security{TLS: account.STLS, CA: filepath.Join(t.TempDir(), "ca.pem")}
		budget.Of(t, pem, func(pem []byte) {
			if err := os.WriteFile(s.CA, pem, 0o600); err != nil {
				t.Fatal(err)
			}
			config, err := s.Config("pop.example.org")
			if err == nil && (config.RootCAs == nil || config.InsecureSkipVerify) {
				t.Errorf("%q is taken, and nothing is verified by it", pem)
			}
		})
	})
}
