package fakeserver

import (
	"fmt"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// dele answers DELE. RFC 1939 section 5: the message is only marked.
func dele(x *Exchange) edit.Reply {
	n, _, refusal := x.message(strings.TrimSpace(x.Args))
	if refusal != nil {
		return refusal
	}
	x.effect = func() edit.Reply {
		x.Session.view.delete(n)
		return nil
	}
	return edit.OK(fmt.Sprintf("message %d deleted", n))
}
