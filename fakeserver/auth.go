package fakeserver

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// auth answers AUTH (RFC 5034 section 4). Its arguments are a mechanism and an optional initial
// response.
func auth(t *popTalk, x *Exchange) Answer {
	name, initial, hasInitial := strings.Cut(x.Args, " ")
	m, known := mechanismNamed(name)
	users := t.session.server.users
	if !known || !slices.Contains(users.mechanisms(), m.name) {
		return refuse("no such mechanism")
	}
	if m.plaintext && t.session.needsTLS() {
		return says(needTLS())
	}
	var response []byte // nil: not sent
	if hasInitial {
		var ok bool
		if response, ok = decodeInitial(initial); !ok {
			return refuse("the initial response is not base64")
		}
	}
	return t.proceed(&authentication{m.name, m.start(users)}, response)
}

// respond answers the pseudo-verb RESPONSE: a line of the client inside an AUTH exchange.
func respond(t *popTalk, x *Exchange) Answer {
	if x.Line == nil {
		return refuse("response too long")
	}
	// RFC 5034 section 4: a single asterisk cancels the exchange.
	if string(x.Line) == "*" {
		return says(edit.Err("authentication cancelled"))
	}
	response, ok := decode(x.Line)
	if !ok {
		return refuse("the response is not base64")
	}
	return t.proceed(t.asked, response)
}

// proceed passes a response to the mechanism and returns the answer to it.
func (t *popTalk) proceed(a *authentication, response []byte) Answer {
	challenge, done, err := a.next(response)
	switch {
	case errors.Is(err, ErrDenied):
		return denied()
	case err != nil:
		return refuse("invalid response for this mechanism")
	case done:
		if u := a.who.user; u.Mechanisms != nil && !contains(u.Mechanisms, a.mechanism) {
			return denied()
		}
		return t.admits(a.who.name, a.who.user)
	}
	b := base64.StdEncoding.AppendEncode([]byte("+ "), challenge)
	return Answer{Reply: edit.Reply{{Bytes: append(b, "\r\n"...)}}, Next: NextResponse, Took: func() edit.Reply {
		t.asking = a
		return nil
	}}
}

// decodeInitial decodes an initial response. RFC 5034 section 4: an empty one is sent as a
// single equals sign.
func decodeInitial(text string) ([]byte, bool) {
	if text == "=" {
		return []byte{}, true
	}
	b, ok := decode([]byte(text))
	return b, ok && len(b) > 0
}

// decode decodes base64 (RFC 4648 section 4) without line ends. On success the result is never
// nil.
func decode(text []byte) ([]byte, bool) {
	if slices.Contains(text, '\r') {
		return nil, false
	}
	b := make([]byte, 0, base64.StdEncoding.DecodedLen(len(text)))
	b, err := base64.StdEncoding.Strict().AppendDecode(b, text)
	return b, err == nil
}

func needTLS() edit.Reply { return edit.Err("passwords need TLS here: say STLS first") }
