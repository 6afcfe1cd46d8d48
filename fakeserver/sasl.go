package fakeserver

import "slices"

// needsTLS reports whether clear-text logins are refused until TLS starts.
func (s *Session) needsTLS() bool { return s.server.o.PlaintextNeedsTLS && s.tls == nil }

// Offers returns the SASL mechanisms that this client may use now.
func (s *Session) Offers() []string { return s.server.users.offers(!s.needsTLS()) }

// SASL starts the server's side of a mechanism, for the users of Options. ok is false when the
// mechanism is not offered. next has the form of sasl.Server's Next; when it is done, user returns
// the name of the user.
func (s *Session) SASL(name string) (next func(response []byte) (challenge []byte, done bool, err error), user func() string, ok bool) {
	m, known := mechanismNamed(name)
	if !known || !slices.Contains(s.Offers(), m.name) {
		return nil, nil, false
	}
	c := m.start(s.server.users)
	return c.next, func() string { return c.who.name }, true
}
