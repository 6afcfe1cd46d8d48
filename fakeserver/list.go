package fakeserver

import (
	"strconv"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// list answers LIST (RFC 1939 section 5).
func list(x *Exchange) edit.Reply {
	return numbered(x, func(row []byte, m maildrop.Message) []byte {
		return appendNumber(row, m.Size())
	})
}

func appendNumber(row []byte, n int64) []byte { return strconv.AppendInt(row, n, 10) }
