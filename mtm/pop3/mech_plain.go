package pop3

import "github.com/emersion/go-sasl"

// plain implements PLAIN (RFC 4616).
type plain struct{ Credentials }

func newPlain(c Credentials) sasl.Client { return plain{c} }

func (m plain) Start() (name string, initial []byte, err error) {
	if err := m.check(); err != nil {
		return "", nil, err
	}
	return sasl.NewPlainClient("", m.User, m.Password).Start()
}

// QUIRK 22: some servers answer PLAIN with a prompt of LOGIN. What they would do with a password is
// unknown, so none is sent.
func (plain) Next([]byte) ([]byte, error) { return nil, errUnexpected }
