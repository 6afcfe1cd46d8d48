package pop3

import (
	"fmt"

	"github.com/emersion/go-sasl"
)

// Credentials are what a user logs in with. Neither secret shows when they are printed.
type Credentials struct {
	User     string
	Password string
	Token    string // OAuth 2.0 bearer token, for the mechanisms that say Bearer
	Host     string // the server as OAUTHBEARER names it (RFC 7628 section 3.1); "" leaves it out
	Port     int    // 0 leaves it out
}

// String shows the user alone.
func (c Credentials) String() string { return fmt.Sprintf("credentials of %q", c.User) }

// GoString keeps %#v from showing the secrets.
func (c Credentials) GoString() string { return "pop3." + c.String() }

// Mechanism is one way of AUTH.
type Mechanism struct {
	Name   string // as CAPA lists it
	Bearer bool   // sends the token; all others use the password
	Clear  bool   // whoever reads the line has the secret afterwards
	Proof  int    // the response that shows the secret, or proves that it is known: the last but for acknowledgements
	// Client starts one login; it is for one Auth. Credentials that cannot be sent are
	// an ErrArgument of Auth.
	Client func(Credentials) sasl.Client
}

// Mechanisms lists the mechanisms of this package, each before the ones it is better than.
// The caller owns the list.
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

// check refuses what no mechanism may carry.
func (c Credentials) check() error {
	for _, field := range []struct{ what, text string }{{"user name", c.User}, {"password", c.Password}, {"token", c.Token}, {"host", c.Host}} {
		if err := checkText(field.what, field.text); err != nil {
			return err
		}
	}
	return nil
}

// hidden lists what no error may show.
func (c Credentials) hidden() []string { return []string{c.Password, c.Token} }
