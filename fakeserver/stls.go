package fakeserver

import "pop3mtm/fakeserver/edit"

// stls answers STLS (RFC 2595 section 4). The handshake follows after the reply.
func stls(x *Exchange) edit.Reply {
	if x.Session.tls != nil {
		return x.refuse("TLS is on already")
	}
	if x.Session.utf8 { // RFC 6856 section 2.1
		return x.refuse("not after UTF8")
	}
	x.effect = func() edit.Reply {
		s := x.Session
		// Commands that came along would be taken as if they had come over TLS:
		// whoever sent them may not be the client.
		if s.in.Buffered() > 0 {
			s.state = Update
			return edit.Err("nothing may follow STLS before the handshake")
		}
		// RFC 2595 section 4: the server forgets what it learned before TLS.
		s.name, s.texts, s.startTLS = "", nil, true
		return nil
	}
	return edit.OK("begin TLS")
}
