package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/internal/dots"
)

// maxSubmission is the largest message that XTND XMIT accepts.
const maxSubmission = 16 << 20

// xtnd answers XTND XMIT, an extension by the rules of RFC 1082 section 3: the client submits a
// message, ended by a dot like a multi-line reply, and gets a second reply.
func xtnd(t *popTalk, x *Exchange) Answer {
	if !strings.EqualFold(strings.TrimSpace(x.Args), "XMIT") {
		return refuse("XTND takes XMIT alone")
	}
	return Answer{Reply: edit.OK("send the message, and end it with a dot"), Next: NextBody, Took: func() edit.Reply {
		t.receiving = &submission{}
		return nil
	}}
}

// submission receives a message from the client.
type submission struct {
	end      dots.Seeker
	text     []byte
	tooLarge bool
}

func (s *submission) take(p []byte) (n int, ended bool) {
	n, ended = s.end.Seek(p)
	if s.tooLarge = s.tooLarge || len(s.text)+n > maxSubmission; !s.tooLarge {
		s.text = append(s.text, p[:n]...)
	}
	return n, ended
}

func (s *submission) answer(t *popTalk) Answer {
	if s.tooLarge {
		return says(edit.Err("the message is too large"))
	}
	return Answer{Reply: edit.OK("message sent"), Took: func() edit.Reply {
		if err := t.options().Submit(t.session.name, dots.Unstuffed(s.text)); err != nil {
			t.options().Log.Error("cannot submit the message", "session", t.session.number, "error", err)
			return edit.Err("[SYS/TEMP] message not sent")
		}
		return nil
	}}
}
