package fakeserver

import "fmt"

// stat answers STAT. RFC 1939 section 5: messages marked as deleted count in
// neither total.
func stat(x *Exchange) Reply {
	v := x.Session.view
	return OK(fmt.Sprintf("%d %d", v.count, v.octets))
}
