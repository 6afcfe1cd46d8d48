package pop3

import (
	"fmt"

	"github.com/emersion/go-sasl"
)

// Credentials holds what a user logs in with. Printing it shows neither the password nor the token.
type Credentials struct {
	User     string
	Password string
	Token    string // OAuth 2.0 bearer token, for mechanisms with Bearer set
	Host     string // the server's name in OAUTHBEARER (RFC 7628 section 3.1); "" omits it
	Port     int    // the server's port in OAUTHBEARER; 0 omits it
}

// String returns the user name without the secrets.
func (c Credentials) String() string { return fmt.Sprintf("credentials of %q", c.User) }

// GoString returns the same for %#v.
func (c Credentials) GoString() string { return "pop3." + c.String() }

// Mechanism describes one SASL mechanism.
type Mechanism struct {
	Name   string // as in CAPA
	Bearer bool   // sends the token instead of the password
	Clear  bool   // sends the secret in clear text, so that it needs TLS
	Proof  int    // number of the response that contains or proves the secret, 1 for the first
	// Client returns a client for one call of Auth, which returns ErrArgument when the credentials
	// cannot be sent.
	Client func(Credentials) sasl.Client
}

// Mechanisms returns a new list of this package's mechanisms, the best one first.
func Mechanisms() []Mechanism {
	return []Mechanism{
		{Name: "OAUTHBEARER", Bearer: true, Clear: true, Proof: 1, Client: newOAuthBearer},
		{Name: "XOAUTH2", Bearer: true, Clear: true, Proof: 1, Client: newXOAuth2},
		{Name: "SCRAM-SHA-256", Proof: 2, Client: newScramSHA256},
		{Name: "SCRAM-SHA-1", Proof: 2, Client: newScramSHA1},
		{Name: "CRAM-MD5", Proof: 1, Client: newCramMD5},
		{Name: "PLAIN", Clear: true, Proof: 1, Client: newPlain},
		{Name: "LOGIN", Clear: true, Proof: 2, Client: newLogin},
	}
}

// check returns ErrArgument for credentials that no mechanism can send.
func (c Credentials) check() error {
	for _, field := range []struct{ what, text string }{{"user name", c.User}, {"password", c.Password}, {"token", c.Token}, {"host", c.Host}} {
		if err := checkText(field.what, field.text); err != nil {
			return err
		}
	}
	return nil
}

// hidden returns the secrets, which no error may show.
func (c Credentials) hidden() []string { return []string{c.Password, c.Token} }
