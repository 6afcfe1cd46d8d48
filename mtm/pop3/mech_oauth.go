package pop3

import (
	"fmt"
	"strings"

	"github.com/emersion/go-sasl"
)

// oauthBearer implements OAUTHBEARER (RFC 7628).
type oauthBearer struct {
	Credentials
	told bool // the server has sent its error about the token
}

func newOAuthBearer(c Credentials) sasl.Client { return &oauthBearer{Credentials: c} }

func (m *oauthBearer) Start() (name string, initial []byte, err error) {
	if err := m.check(); err != nil {
		return "", nil, err
	}
	// RFC 5801 section 4: a comma would end the user name.
	user := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(m.User)
	b := fmt.Appendf(nil, "n,a=%s,\x01", user)
	if m.Host != "" {
		b = fmt.Appendf(b, "host=%s\x01", m.Host)
	}
	if m.Port != 0 {
		b = fmt.Appendf(b, "port=%d\x01", m.Port)
	}
	return "OAUTHBEARER", fmt.Appendf(b, "auth=Bearer %s\x01\x01", m.Token), nil
}

// Next acknowledges the server's error; the refusal follows (RFC 7628 section 3.2.3).
func (m *oauthBearer) Next([]byte) ([]byte, error) {
	if m.told {
		return nil, errUnexpected
	}
	m.told = true
	return []byte{1}, nil
}

// xoauth2 implements XOAUTH2, Google's and Microsoft's predecessor of OAUTHBEARER.
type xoauth2 struct {
	Credentials
	asked int
}

func newXOAuth2(c Credentials) sasl.Client { return &xoauth2{Credentials: c} }

// Start returns no initial response. QUIRK 23: Office 365 accepts XOAUTH2 only in two lines.
func (m *xoauth2) Start() (name string, initial []byte, err error) { return "XOAUTH2", nil, m.check() }

func (m *xoauth2) Next([]byte) ([]byte, error) {
	m.asked++
	switch m.asked {
	case 1:
		return fmt.Appendf(nil, "user=%s\x01auth=Bearer %s\x01\x01", m.User, m.Token), nil
	case 2: // the server's error in JSON; after an empty response it refuses
		return []byte{}, nil
	}
	return nil, errUnexpected
}
