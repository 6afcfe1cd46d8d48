package fakeserver

import "pop3mtm/fakeserver/edit"

// quit answers QUIT. RFC 1939 section 6: from TRANSACTION it deletes what is
// marked and unlocks before it replies; from AUTHORIZATION it only ends. The
// connection is closed after the reply.
func quit(x *Exchange) edit.Reply {
	x.effect = func() edit.Reply {
		s := x.Session
		s.state = Update
		if s.view == nil {
			return nil
		}
		err := s.view.commit(s.deletes(), true)
		s.release()
		s.server.news.tell()
		if err != nil {
			s.server.o.Log.Error("deleted messages not removed", "session", s.number, "error", err)
			return edit.Err("[SYS/TEMP] some deleted messages not removed")
		}
		return nil
	}
	return edit.OK("bye")
}
