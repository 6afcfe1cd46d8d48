package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/edit"
)

// user answers USER. RFC 1939 section 7: a server may say +OK to any name, to hide which names
// exist.
func user(t *popTalk, x *Exchange) Answer {
	if t.session.needsTLS() {
		return says(needTLS())
	}
	name := x.Args
	if strings.TrimSpace(name) == "" {
		return refuse("USER takes a name")
	}
	return Answer{Reply: edit.OK("send PASS"), Took: func() edit.Reply {
		t.session.name, t.mayPass = name, true
		return nil
	}}
}
