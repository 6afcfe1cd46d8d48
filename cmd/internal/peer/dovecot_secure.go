package peer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// DovecotMechanisms returns the mechanisms of AUTH that Dovecot 2.3 supports
// with passwords in a file.
func DovecotMechanisms() []string {
	return []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"}
}

// dovecotSecure adds the settings for DovecotOptions.Certificate, and returns the port for TLS.
func dovecotSecure(ctx context.Context, home string, certificate, key []byte) (int, error) {
	port, err := freePort(ctx)
	if err != nil {
		return 0, err
	}
	text := strings.NewReplacer("HOME", home, "PORT", strconv.Itoa(port), "MECHANISMS", strings.ToLower(strings.Join(DovecotMechanisms(), " "))).Replace(dovecotSecureConf)
	return port, errors.Join(settings(filepath.Join(home, "cert.pem"), string(certificate)), settings(filepath.Join(home, "key.pem"), string(key)),
		appendTo(filepath.Join(home, "dovecot.conf"), text))
}

// SecureAccount returns how a client logs in on the port that begins with TLS.
func (d *Dovecot) SecureAccount(user string) Account {
	a := d.Account(user)
	a.Port = d.secure
	return a
}

// Logins returns the lines that Dovecot has logged about logins so far, with the method, and the
// word TLS if TLS was used.
func (d *Dovecot) Logins() ([]string, error) {
	log, err := os.ReadFile(filepath.Join(d.home, "log"))
	var lines []string
	for line := range strings.Lines(string(log)) {
		if _, login, found := strings.Cut(line, " Login: "); found {
			lines = append(lines, strings.TrimSpace(login))
		}
	}
	return lines, err
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// dovecotSecureConf comes after dovecotConf and overrides it. It turns off penalties, so that a
// login after a wrong password is answered at once.
const dovecotSecureConf = `ssl = yes
ssl_cert = <HOME/cert.pem
ssl_key = <HOME/key.pem
auth_mechanisms = MECHANISMS apop
service pop3-login {
  inet_listener pop3s {
    port = PORT
    ssl = yes
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`
