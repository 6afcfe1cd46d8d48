package fakeserver

import (
	"bytes"
	"fmt"

	"pop3mtm/fakeserver/edit"
)

// greet answers the pseudo-verb CONNECT. RFC 1939 section 7: a server with APOP
// puts a timestamp into the greeting that is another one each time.
func greet(t *popTalk) Answer {
	text := t.options().Greeting
	if !t.lacks("APOP") {
		text += fmt.Sprintf(" <%d.%d@fakeserver>", t.session.number, t.options().Now().UnixNano())
	}
	return says(edit.OK(text))
}

// timestamp returns what a client will use for APOP: from the first '<' to the next
// '>' of a greeting, however it came about. Empty when there is none.
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
