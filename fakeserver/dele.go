package fakeserver

import (
	"fmt"
	"strings"
)

// dele answers DELE. RFC 1939 section 5: the message is only marked.
func dele(x *Exchange) Reply {
	n, _, refusal := x.message(strings.TrimSpace(x.Args))
	if refusal != nil {
		return refusal
	}
	x.effect = func() Reply {
		x.Session.view.delete(n)
		return nil
	}
	return OK(fmt.Sprintf("message %d deleted", n))
}
