package fakeserver

import (
	"bytes"
	"fmt"

	"pop3mtm/fakeserver/edit"
)

// connect returns the greeting, the answer to the pseudo-verb CONNECT. RFC 1939 section 7: the
// greeting of a server with APOP has a timestamp that differs each time.
func connect(t *popTalk) Answer {
	text := t.options().Greeting
	if !t.lacks("APOP") {
		text += fmt.Sprintf(" <%d.%d@fakeserver>", t.session.number, t.options().Now().UnixNano())
	}
	return says(edit.OK(text))
}

// timestamp returns the timestamp that a client will use for APOP: from the first '<' to the next
// '>' of the greeting as sent. It is empty if the greeting has no such text.
func timestamp(r edit.Reply) string {
	var text []byte
	for _, c := range r {
		text = append(text, c.Bytes...)
	}
	start := bytes.IndexByte(text, '<')
	if start < 0 {
		return ""
	}
	end := bytes.IndexByte(text[start:], '>')
	return string(text[start : start+end+1])
}
