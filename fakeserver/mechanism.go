package fakeserver

import (
	"crypto/subtle"
	"slices"
	"strings"
)

// mechanism is one row of the table of SASL mechanisms.
type mechanism struct {
	name string
	// plaintext tells that a listener on the line learns the secret
	plaintext bool
	// token tells that a token is the secret, and not the password
	token bool
	start func(*Server) conversation
}

// mechanisms is the table, in the order in which CAPA lists them. A new one is
// a file mech_*.go and a row here.
func mechanisms() []mechanism {
	return []mechanism{
		{"SCRAM-SHA-256", false, false, scramSHA256},
		{"SCRAM-SHA-1", false, false, scramSHA1},
		{"CRAM-MD5", false, false, cramMD5},
		{"PLAIN", true, false, plain},
		{"LOGIN", true, false, loginMechanism},
		{"OAUTHBEARER", true, true, oauthBearer},
		{"XOAUTH2", true, true, xoauth2},
	}
}

// Mechanisms are the names of all SASL mechanisms that a server can do.
func Mechanisms() []string {
	var names []string
	for _, m := range mechanisms() {
		names = append(names, m.name)
	}
	return names
}

func defaultMechanisms(users map[string]User) []string {
	tokens := false
	for _, u := range users {
		tokens = tokens || u.Token != ""
	}
	var names []string
	for _, m := range mechanisms() {
		if !m.token || tokens {
			names = append(names, m.name)
		}
	}
	return names
}

// Mechanisms are the names of the SASL mechanisms on offer, in their order.
func (s *Server) Mechanisms() []string { return slices.Clone(s.o.Mechanisms) }

// offers lists the mechanisms that CAPA tells of in this session.
func (s *Session) offers() []string {
	plaintext := map[string]bool{}
	for _, m := range mechanisms() {
		plaintext[m.name] = m.plaintext
	}
	var names []string
	for _, name := range s.server.o.Mechanisms {
		if !plaintext[name] || !s.needsTLS() {
			names = append(names, name)
		}
	}
	return names
}

// byPassword finds a user who logs in with a password, if the name is known.
func (s *Server) byPassword(name string) (User, bool) {
	u, known := s.o.Users[name]
	return u, known && (u.Password != "" || u.Token == "")
}

// checkPassword finds the user whose name and password these are.
func (s *Server) checkPassword(name, password string) (User, error) {
	u, known := s.byPassword(name)
	if !equal(u.Password, password) || !known {
		return User{}, errDenied
	}
	return u, nil
}

// checkToken finds the user whose token this is. Without a name the token alone
// says who it is.
func (s *Server) checkToken(name, token string) (string, User, error) {
	for n, u := range s.o.Users {
		if (name == "" || name == n) && u.Token != "" && equal(u.Token, token) {
			return n, u, nil
		}
	}
	return "", User{}, errDenied
}

// equal compares secrets in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func upperAll(names []string) []string {
	upper := make([]string, len(names))
	for i, n := range names {
		upper[i] = strings.ToUpper(n)
	}
	return upper
}
