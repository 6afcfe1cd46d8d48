package record

import (
	"bytes"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/notation"
)

// said records output of the server, and returns the part for the client, valid until the next
// call. secure reports that both sides then start TLS.
func (r *relay) said(data []byte) (out []byte, secure, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out, r.log = r.out[:0], r.log[:0]
	sent := len(r.tail) - r.held // octets of the tail already sent
	all := append(r.tail, data...)
	at := 0
	for at < len(all) {
		n := bytes.IndexByte(all[at:], '\n') + 1
		if n == 0 && len(all)-at < MaxCommand {
			break
		}
		if n == 0 {
			n = len(all) - at
		}
		line := all[at : at+n]
		p := r.talk.say(line)
		if row := r.added(p, line); row != "" {
			r.out = append(append(r.out, all[min(sent, at):at]...), row...)
			r.log = append(r.log, row...)
			sent = at
		}
		r.log = append(r.log, r.secrets.server(p, line)...)
		at += n
		secure = secure || r.settle(p, line)
	}
	r.held = 0
	upTo := len(all)
	if r.adds() && r.talk.inside && r.talk.waiting[0].verb == "CAPA" {
		r.held, upTo = len(all)-at, at
	}
	r.out = append(r.out, all[sent:upTo]...)
	r.tail = append(r.tail[:0], all[at:]...)
	if r.leaving && len(r.talk.waiting) == 0 {
		r.closeHalf()
	}
	return r.out, secure, r.check(r.proxy.out.Lines(r.number, r.since(), notation.Server, r.log))
}

// rest records the unfinished line of the server.
func (r *relay) rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.tail) > 0 {
		r.check(r.proxy.out.Lines(r.number, r.since(), notation.Server, r.secrets.server(r.talk.say(r.tail), r.tail)))
	}
}

// settle applies the effect of a reply, and reports whether TLS starts.
func (r *relay) settle(p place, line []byte) bool {
	if !p.last {
		return false
	}
	r.stls = false
	r.ready.Broadcast()
	if !p.first || !positive(line) {
		r.settled = r.settled || p.turn.verb == "STLS"
		return false
	}
	switch {
	case pop3Verbs[p.turn.verb].Secret != fakeserver.NoSecret, p.turn.response:
		r.loggedIn = true
	case p.turn.verb == "STLS":
		return !r.upstream.secured
	}
	return false
}

// adds reports whether the recorder offers STLS to the client, because the connection to the server
// is protected already and the server does not offer it.
func (r *relay) adds() bool {
	return r.upstream.secured && !r.client.secured && !r.loggedIn && r.proxy.o.ServerTLS != nil
}

// added returns the capability row to insert before this line.
func (r *relay) added(p place, line []byte) string {
	if p.turn.verb != "CAPA" || p.unasked || p.first || !r.adds() {
		return ""
	}
	r.stls = r.stls || bytes.EqualFold(notation.Command(line), []byte("STLS"))
	if p.last && !r.stls {
		return "STLS\r\n"
	}
	return ""
}
