package fakeserver

import (
	"github.com/emersion/go-sasl"
)

// plain is PLAIN (RFC 4616): who to act for, the name and the password in one
// response.
func plain(d *directory) conversation {
	who := &identity{}
	mechanism := sasl.NewPlainServer(func(actFor, name, password string) error {
		u, err := d.checkPassword(name, password)
		// RFC 4616 section 2: nobody may act for somebody else here.
		if err != nil || actFor != "" && actFor != name {
			return ErrDenied
		}
		*who = identity{name, u}
		return nil
	})
	return conversation{mechanism.Next, who}
}

// loginMechanism is LOGIN (draft-murchison-sasl-login): the name and the
// password, each when it is asked for. Many clients send the name at once.
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
