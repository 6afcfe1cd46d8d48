package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/maildrop"
)

// uidl answers UIDL (RFC 1939 section 7).
func uidl(t *popTalk, x *Exchange) Answer {
	return t.numbered(strings.TrimSpace(x.Args), func(row []byte, m maildrop.Message) []byte { return append(row, m.UID()...) })
}
