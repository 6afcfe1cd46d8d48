package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// retr answers RETR (RFC 1939 section 5) with the exact octet count.
func retr(x *Exchange) edit.Reply {
	n, m, refusal := x.message(strings.TrimSpace(x.Args))
	if refusal != nil {
		return refusal
	}
	if v := x.Session.view; x.Session.deletes() != nil {
		x.effect = func() edit.Reply {
			v.read.Add(n - 1)
			return nil
		}
	}
	text := append(appendNumber(make([]byte, 0, 32), m.Size()), " octets"...)
	return x.send(string(text), m, -1)
}

// send opens the message before anything is said, so that mail which is gone
// is a refusal and not a broken reply.
func (x *Exchange) send(text string, m maildrop.Message, lines int64) edit.Reply {
	if s := x.Session; s.server.o.UTF8 && !s.utf8 {
		// RFC 6856 section 5. A message that cannot be read is refused below.
		if needs, err := needsUTF8(m); needs && err == nil {
			return edit.Err("[UTF8] the header is in UTF-8: say UTF8 before login")
		}
	}
	open, err := m.Open()
	if err != nil {
		x.Session.server.o.Log.Error("message cannot be read", "session", x.Session.number, "error", err)
		return edit.Err("[SYS/TEMP] message cannot be read")
	}
	x.opened = open
	return edit.Multiline(text, &body{open: open, lines: lines, scratch: &x.Session.scratch})
}
