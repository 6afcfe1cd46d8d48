package fakeserver

import "strings"

// top answers TOP. RFC 1939 section 7: the header, the blank line, and the first lines of the body,
// or all of a shorter one.
func top(t *popTalk, x *Exchange) Answer {
	arg, count, _ := strings.Cut(strings.TrimSpace(x.Args), " ")
	lines, ok := number(strings.TrimSpace(count))
	if !ok {
		return refuse("TOP takes a message number and a count of lines")
	}
	_, m, refusal := t.message(arg)
	if refusal != nil {
		return *refusal
	}
	c := t.session.scratch(x)
	return t.send(c, c.ok("top of message follows"), m, lines, x)
}
