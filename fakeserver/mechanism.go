package fakeserver

import (
	"slices"
	"strings"
)

// mechanism is one row of the table of SASL mechanisms.
type mechanism struct {
	name string
	// plaintext reports that a listener on the line learns the secret
	plaintext bool
	// token reports that a token is the secret, and not the password
	token bool
	start func(*directory) conversation
}

// mechanisms returns the table, in the order in which CAPA lists them. A new one is
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

// Mechanisms returns the names of all SASL mechanisms that a server can do.
func Mechanisms() []string {
	var names []string
	for _, m := range mechanisms() {
		names = append(names, m.name)
	}
	return names
}

// mechanisms returns the names of those on offer, in their order.
func (d *directory) mechanisms() []string {
	if d.offered != nil {
		return slices.Clone(d.offered)
	}
	tokens := d.anyToken()
	var names []string
	for _, m := range mechanisms() {
		if !m.token || tokens {
			names = append(names, m.name)
		}
	}
	return names
}

// offers returns the mechanisms on offer to a client that may or may not send a password as it is.
func (d *directory) offers(plaintext bool) []string {
	shows := map[string]bool{}
	for _, m := range mechanisms() {
		shows[m.name] = m.plaintext
	}
	var names []string
	for _, name := range d.mechanisms() {
		if plaintext || !shows[name] {
			names = append(names, name)
		}
	}
	return names
}

// mechanismNamed finds a row of the table.
func mechanismNamed(name string) (mechanism, bool) {
	all := mechanisms()
	i := slices.IndexFunc(all, func(m mechanism) bool { return m.name == strings.ToUpper(name) })
	if i < 0 {
		return mechanism{}, false
	}
	return all[i], true
}
