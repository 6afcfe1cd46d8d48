package fakeserver

import (
	"fmt"

	"pop3mtm/fakeserver/edit"
)

// rset answers RSET. RFC 1939 section 5: marks of deletion are taken away.
func rset(x *Exchange) edit.Reply {
	v := x.Session.view
	x.effect = func() edit.Reply {
		v.reset()
		return nil
	}
	return edit.OK(fmt.Sprintf("maildrop has %d messages", v.list.Len()))
}
