package fakeserver

import (
	"fmt"

	"pop3mtm/fakeserver/edit"
)

// stat answers STAT. RFC 1939 section 5: messages marked as deleted count in
// neither total.
func stat(x *Exchange) edit.Reply {
	v := x.Session.view
	return edit.OK(fmt.Sprintf("%d %d", v.count, v.octets))
}
