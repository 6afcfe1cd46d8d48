package fakeserver

import (
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// scratch is memory for the replies of a session that send mail, one after another.
type scratch struct {
	mail  maildrop.Scratch
	body  body
	lines []byte // the status line and the closing dot
	reply [3]edit.Chunk
}

// scratch returns memory for replies.
func (l *lender) scratch() *scratch {
	if c, ok := l.replies.Get().(*scratch); ok {
		return c
	}
	return new(scratch)
}

// takeScratch takes memory for replies back.
func (l *lender) takeScratch(c *scratch) {
	c.body, c.reply = body{}, [3]edit.Chunk{} // it must not keep the session
	l.replies.Put(c)
}

// is reports whether r is the reply in c, which nobody has edited.
func (c *scratch) is(r edit.Reply) bool { return len(r) == len(c.reply) && &r[0] == &c.reply[0] }

// ok returns the beginning of a positive status line.
func (c *scratch) ok(text string) []byte { return append(append(c.lines[:0], "+OK "...), text...) }

// multiline returns a reply like edit.Multiline with body c.body. ok has begun its status line.
func (c *scratch) multiline(status []byte) edit.Reply {
	status = append(status, "\r\n"...)
	c.lines = append(status, ".\r\n"...)
	c.reply = [...]edit.Chunk{{Bytes: c.lines[:len(status):len(status)]}, {Body: &c.body}, {Bytes: c.lines[len(status):]}}
	return c.reply[:]
}
