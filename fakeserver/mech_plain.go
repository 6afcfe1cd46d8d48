package fakeserver

import (
	"github.com/emersion/go-sasl"
)

// plain implements PLAIN (RFC 4616): authorization identity, name and password in one response.
func plain(d *directory) conversation {
	who := &identity{}
	mechanism := sasl.NewPlainServer(func(actFor, name, password string) error {
		u, err := d.checkPassword(name, password)
		// RFC 4616 section 2: users may not act for others here.
		if err != nil || actFor != "" && actFor != name {
			return ErrDenied
		}
		*who = identity{name, u}
		return nil
	})
	return conversation{mechanism.Next, who}
}

// loginMechanism implements LOGIN (draft-murchison-sasl-login): the server asks for the name and
// then for the password. Many clients send the name with AUTH.
func loginMechanism(d *directory) conversation {
	who := &identity{}
	var name *string
	next := func(response []byte) ([]byte, bool, error) {
		switch {
		case response == nil && name == nil:
			return []byte("Username:"), false, nil
		case name == nil:
			text := string(response)
			name = &text
			return []byte("Password:"), false, nil
		}
		u, err := d.checkPassword(*name, string(response))
		*who = identity{*name, u}
		return nil, err == nil, err
	}
	return conversation{next, who}
}
