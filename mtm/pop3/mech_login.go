package pop3

import (
	"fmt"
	"strings"

	"github.com/emersion/go-sasl"
)

// login implements the unregistered mechanism LOGIN: two prompts and two responses (behaviour
// section 3).
type login struct {
	Credentials
	asked int
}

func newLogin(c Credentials) sasl.Client { return &login{Credentials: c} }

func (m *login) Start() (name string, initial []byte, err error) { return "LOGIN", nil, m.check() }

func (m *login) Next(challenge []byte) ([]byte, error) {
	prompts := []struct{ begins, answer string }{{"username", m.User}, {"password", m.Password}}
	if m.asked == len(prompts) {
		return nil, errUnexpected
	}
	p := prompts[m.asked]
	m.asked++
	if len(challenge) < len(p.begins) || !strings.EqualFold(string(challenge[:len(p.begins)]), p.begins) {
		return nil, fmt.Errorf("%w: expected a prompt that begins with %q", ErrChallenge, p.begins)
	}
	return []byte(p.answer), nil
}
