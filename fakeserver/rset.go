package fakeserver

import "fmt"

// rset answers RSET. RFC 1939 section 5: marks of deletion are taken away.
func rset(x *Exchange) Reply {
	v := x.Session.view
	x.effect = func() Reply {
		v.reset()
		return nil
	}
	return OK(fmt.Sprintf("maildrop has %d messages", v.list.Len()))
}
