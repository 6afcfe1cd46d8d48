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

// scratch returns memory for the answer to x. It is valid until the next command, so a rule, which
// may keep a reply, gets some of its own.
func (s *Session) scratch(x *Exchange) *scratch {
	if x.rule != nil {
		return new(scratch)
	}
	if s.lent == nil {
		s.lent = s.server.lender.scratch()
	}
	return s.lent
}

// giveBack gives the scratch memory back, since a wait follows.
func (s *Session) giveBack() {
	if s.lent != nil {
		s.server.lender.takeScratch(s.lent)
		s.lent = nil
	}
}

// ok returns the beginning of a positive status line.
func (c *scratch) ok(text string) []byte { return append(append(c.lines[:0], "+OK "...), text...) }

// multiline returns a reply like edit.Multiline with body c.body. ok has begun its status line.
func (c *scratch) multiline(status []byte) edit.Reply {
	status = append(status, "\r\n"...)
	c.lines = append(status, ".\r\n"...)
	c.reply = [...]edit.Chunk{{Bytes: c.lines[:len(status)]}, {Body: &c.body}, {Bytes: c.lines[len(status):]}}
	return c.reply[:]
}
