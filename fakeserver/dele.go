package fakeserver

import (
	"fmt"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// dele answers DELE. RFC 1939 section 5: it only marks the message as deleted.
func dele(t *popTalk, x *Exchange) Answer {
	n, _, refusal := t.message(strings.TrimSpace(x.Args))
	if refusal != nil {
		return *refusal
	}
	return Answer{Reply: edit.OK(fmt.Sprintf("message %d deleted", n)), Took: func() edit.Reply {
		t.view.delete(n)
		return nil
	}}
}
