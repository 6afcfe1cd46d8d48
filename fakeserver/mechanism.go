package fakeserver

import (
	"slices"
	"strings"
)

// mechanism is one row of the table of SASL mechanisms.
type mechanism struct {
	name string
	// plaintext means that an eavesdropper learns the secret
	plaintext bool
	// token means that the secret is a token, not the password
	token bool
	start func(*directory) conversation
}

// mechanisms returns the table, in the order of CAPA. A new mechanism needs a file mech_*.go and
// a row here.
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

// Mechanisms returns the names of all SASL mechanisms that servers support.
func Mechanisms() []string {
	var names []string
	for _, m := range mechanisms() {
		names = append(names, m.name)
	}
	return names
}

// mechanisms returns the names of the offered mechanisms, in order.
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

// offers returns the mechanisms offered to a client that may (plaintext) or may not send secrets
// in clear text.
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

// mechanismNamed returns the row of the table with that name.
func mechanismNamed(name string) (mechanism, bool) {
	all := mechanisms()
	i := slices.IndexFunc(all, func(m mechanism) bool { return m.name == strings.ToUpper(name) })
	if i < 0 {
		return mechanism{}, false
	}
	return all[i], true
}
