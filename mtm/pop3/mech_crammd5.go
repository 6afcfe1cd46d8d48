package pop3

import (
	"crypto/hmac"
	"crypto/md5"
	"fmt"

	"github.com/emersion/go-sasl"
)

// cramMD5 implements CRAM-MD5 (RFC 2195).
type cramMD5 struct {
	Credentials
	done bool
}

func newCramMD5(c Credentials) sasl.Client { return &cramMD5{Credentials: c} }

func (m *cramMD5) Start() (name string, initial []byte, err error) { return "CRAM-MD5", nil, m.check() }

func (m *cramMD5) Next(challenge []byte) ([]byte, error) {
	if m.done {
		return nil, errUnexpected
	}
	if len(challenge) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrChallenge)
	}
	m.done = true
	mac := hmac.New(md5.New, []byte(m.Password))
	mac.Write(challenge)
	return fmt.Appendf(nil, "%s %x", m.User, mac.Sum(nil)), nil
}
