package fakeserver

import (
	"pop3mtm/fakeserver/maildrop"

	"pop3mtm/fakeserver/edit"
)

// uidl answers UIDL (RFC 1939 section 7).
func uidl(x *Exchange) edit.Reply {
	return numbered(x, func(row []byte, m maildrop.Message) []byte {
		return append(row, m.UID()...)
	})
}
