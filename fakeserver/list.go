package fakeserver

import (
	"strconv"
	"strings"

	"pop3mtm/fakeserver/maildrop"
)

// list answers LIST (RFC 1939 section 5).
func list(t *popTalk, x *Exchange) Answer {
	return t.numbered(strings.TrimSpace(x.Args), func(row []byte, m maildrop.Message) []byte {
		return strconv.AppendInt(row, m.Size(), 10)
	})
}
