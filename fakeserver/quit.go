package fakeserver

import "pop3mtm/fakeserver/edit"

// quit answers QUIT. RFC 1939 section 6: in TRANSACTION it deletes the marked messages and
// unlocks the maildrop before it replies; in AUTHORIZATION it only ends the session. The
// connection is closed after the reply.
func quit(t *popTalk, _ *Exchange) Answer {
	return Answer{Reply: edit.OK("bye"), Took: func() edit.Reply {
		s := t.session
		s.state = Update
		if t.view == nil {
			return nil
		}
		s.publish()
		err := t.view.commit(t.deletes(), true)
		t.End()
		s.publish()
		if err != nil {
			s.server.o.Log.Error("cannot remove deleted messages", "session", s.number, "error", err)
			return translated(t.texts, edit.Err("[SYS/TEMP] some deleted messages not removed"))
		}
		return nil
	}}
}
