package fakeserver

import (
	"fmt"

	"pop3mtm/fakeserver/edit"
)

// rset answers RSET. RFC 1939 section 5: it removes all deletion marks.
func rset(t *popTalk, _ *Exchange) Answer {
	v := t.view
	return Answer{Reply: edit.OK(fmt.Sprintf("maildrop has %d messages", v.list.Len())), Took: func() edit.Reply {
		v.reset()
		return nil
	}}
}
