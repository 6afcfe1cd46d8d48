package fakeserver

import "pop3mtm/fakeserver/edit"

// stls answers STLS (RFC 2595 section 4). The handshake follows after the reply.
func stls(t *popTalk, _ *Exchange) Answer {
	s := t.session
	if s.tls != nil {
		return refuse("TLS is on already")
	}
	if t.utf8 { // RFC 6856 section 2.1
		return refuse("not after UTF8")
	}
	return Answer{Reply: edit.OK("begin TLS"), Next: NextTLS, Took: func() edit.Reply {
		// Commands that came along would be taken as if they had come over TLS:
		// whoever sent them may not be the client.
		if s.in.Buffered() > 0 {
			s.state = Update
			return translated(t.texts, edit.Err("nothing may follow STLS before the handshake"))
		}
		// RFC 2595 section 4: the server forgets what it learned before TLS.
		s.name, t.texts = "", nil
		return nil
	}}
}
