package fakeserver

import (
	"bytes"
	"fmt"

	"pop3mtm/fakeserver/edit"
)

// greet answers the pseudo-verb CONNECT. RFC 1939 section 7: a server with APOP
// puts a timestamp into the greeting that is another one each time.
func greet(x *Exchange) edit.Reply {
	s := x.Session
	text := s.server.o.Greeting
	if !s.lacks("APOP") {
		text += fmt.Sprintf(" <%d.%d@fakeserver>", s.number, s.server.o.Now().UnixNano())
	}
	return edit.OK(text)
}

// timestamp is what a client will use for APOP: from the first '<' to the next
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
