package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/edit"
)

// user answers USER. RFC 1939 section 7 lets a server say +OK to any name, so
// that nobody learns which exist.
func user(x *Exchange) edit.Reply {
	if x.Session.needsTLS() {
		return needTLS()
	}
	name := x.Args
	if strings.TrimSpace(name) == "" {
		return x.refuse("USER takes a name")
	}
	x.effect = func() edit.Reply {
		x.Session.name, x.Session.mayPass = name, true
		return nil
	}
	return edit.OK("send PASS")
}
