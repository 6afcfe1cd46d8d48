package fakeserver

import (
	"io"
	"strconv"
	"strings"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// retr answers RETR (RFC 1939 section 5) with the exact octet count.
func retr(t *popTalk, x *Exchange) Answer {
	n, m, refusal := t.message(strings.TrimSpace(x.Args))
	if refusal != nil {
		return *refusal
	}
	c := t.session.scratch(x)
	a := t.send(c, append(strconv.AppendInt(c.ok(""), m.Size(), 10), " octets"...), m, -1, x)
	if v := t.view; t.deletes() != nil {
		a.Took = func() edit.Reply {
			v.read.Add(n - 1)
			return nil
		}
	}
	return a
}

// send opens the message before the status line is sent, so that missing mail causes a refusal
// and not a broken reply. c.ok has begun the status line.
func (t *popTalk) send(c *scratch, status []byte, m maildrop.Message, lines int64, x *Exchange) Answer {
	if t.options().UTF8 && !t.utf8 {
		// RFC 6856 section 5. A message that cannot be read is refused below.
		if needs, err := needsUTF8(m); needs && err == nil {
			return says(edit.Err("[UTF8] the header is in UTF-8: say UTF8 before login"))
		}
	}
	m = behind(m)
	open, err := c.mail.Open(m)
	if err != nil {
		t.options().Log.Error("cannot read the message", "session", t.session.number, "error", err)
		return says(edit.Err("[SYS/TEMP] message cannot be read"))
	}
	_, memory := open.(io.WriterTo)
	x.slow = x.slow || !memory
	c.body = body{open: open, lines: lines, octets: m.Size(), lender: &t.session.server.lender}
	return Answer{Reply: c.multiline(status), Opened: open}
}
