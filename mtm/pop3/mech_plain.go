package pop3

import "github.com/emersion/go-sasl"

// plain is RFC 4616.
type plain struct{ Credentials }

func newPlain(c Credentials) sasl.Client { return plain{c} }

func (m plain) Start() (name string, initial []byte, err error) {
	if err := m.check(); err != nil {
		return "", nil, err
	}
	return sasl.NewPlainClient("", m.User, m.Password).Start()
}

// QUIRK 22: a server that answers with the prompt of LOGIN; nobody has said what it
// would do with the password.
func (plain) Next([]byte) ([]byte, error) { return nil, errUnexpected }
