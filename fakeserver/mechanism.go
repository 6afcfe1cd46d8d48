package fakeserver

import (
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

// Mechanisms are the names of the SASL mechanisms on offer, in their order.
func (s *Server) Mechanisms() []string {
	if s.o.Mechanisms != nil {
		return slices.Clone(s.o.Mechanisms)
	}
	tokens := s.anyUser(func(u User) bool { return u.Token != "" })
	var names []string
	for _, m := range mechanisms() {
		if !m.token || tokens {
			names = append(names, m.name)
		}
	}
	return names
}

// offers lists the mechanisms that CAPA tells of in this session.
func (s *Session) offers() []string {
	plaintext := map[string]bool{}
	for _, m := range mechanisms() {
		plaintext[m.name] = m.plaintext
	}
	var names []string
	for _, name := range s.server.Mechanisms() {
		if !plaintext[name] || !s.needsTLS() {
			names = append(names, name)
		}
	}
	return names
}

func upperAll(names []string) []string {
	upper := make([]string, len(names))
	for i, n := range names {
		upper[i] = strings.ToUpper(n)
	}
	return upper
}
