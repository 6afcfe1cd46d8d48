package fakeserver

import "pop3mtm/fakeserver/edit"

// stls answers STLS (RFC 2595 section 4). The handshake follows the reply.
func stls(t *popTalk, _ *Exchange) Answer {
	s := t.session
	if s.tls != nil {
		return refuse("TLS is on already")
	}
	if t.utf8 { // RFC 6856 section 2.1
		return refuse("not after UTF8")
	}
	return Answer{Reply: edit.OK("begin TLS"), Next: NextTLS, Took: func() edit.Reply {
		// Commands sent together with STLS would count as sent over TLS, although
		// an attacker may have inserted them.
		if s.in.buffered() > 0 {
			s.state = Update
			return translated(t.texts, edit.Err("nothing may follow STLS before the handshake"))
		}
		// RFC 2595 section 4: the server forgets what it learned before TLS.
		s.name, t.texts = "", nil
		return nil
	}}
}
