package fakeserver

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// maxResponse is the default of the longest line of a client inside an AUTH exchange, CRLF
// included. RFC 5034 section 4 names no number, RFC 4954 section 4 has this one.
const maxResponse = 12288

// authentication is an AUTH exchange that waits for the client.
type authentication struct {
	mechanism string
	conversation
}

// conversation is a mechanism at work for one client. It has the shape of a
// sasl.Server, and says who has logged in.
type conversation struct {
	next func(response []byte) (challenge []byte, done bool, err error)
	who  *identity
}

// identity is who a mechanism has let in, once it is done.
type identity struct {
	name string
	user User
}

// errDenied is what a mechanism says of credentials that are not right. Other
// errors are of responses that make no sense.
var errDenied = errors.New("wrong user or password")

// auth answers AUTH (RFC 5034 section 4): a mechanism, and perhaps the initial
// response.
func auth(x *Exchange) edit.Reply {
	s := x.Session.server
	name, initial, hasInitial := strings.Cut(x.Args, " ")
	name = strings.ToUpper(name)
	i := slices.IndexFunc(mechanisms(), func(m mechanism) bool { return m.name == name })
	if i < 0 || !slices.Contains(s.Mechanisms(), name) {
		return x.refuse("no such mechanism")
	}
	m := mechanisms()[i]
	if m.plaintext && x.Session.needsTLS() {
		return needTLS()
	}
	var response []byte // nil: none was sent
	if hasInitial {
		var ok bool
		if response, ok = decodeInitial(initial); !ok {
			return x.refuse("the initial response is not base64")
		}
	}
	return x.proceed(&authentication{name, m.start(s)}, response)
}

// respond answers the pseudo-verb RESPONSE, a line of the client inside an AUTH
// exchange.
func respond(x *Exchange) edit.Reply {
	if x.Line == nil {
		return x.refuse("response too long")
	}
	// RFC 5034 section 4: a single asterisk cancels the exchange.
	if string(x.Line) == "*" {
		return edit.Err("authentication cancelled")
	}
	response, ok := decode(x.Line)
	if !ok {
		return x.refuse("the response is not base64")
	}
	return x.proceed(x.asked, response)
}

// proceed lets the mechanism judge a response.
func (x *Exchange) proceed(a *authentication, response []byte) edit.Reply {
	challenge, done, err := a.next(response)
	switch {
	case errors.Is(err, errDenied):
		return denied()
	case err != nil:
		return x.refuse("this response makes no sense to this mechanism")
	case done:
		if u := a.who.user; u.Mechanisms != nil && !contains(u.Mechanisms, a.mechanism) {
			return denied()
		}
		x.effect = func() edit.Reply { return x.Session.login(a.who.name, a.who.user) }
		return edit.OK("maildrop locked and ready")
	}
	x.challenges = true
	x.effect = func() edit.Reply {
		x.Session.asking = a
		return nil
	}
	b := base64.StdEncoding.AppendEncode([]byte("+ "), challenge)
	return edit.Reply{{Bytes: append(b, "\r\n"...)}}
}

// decodeInitial reads an initial response. RFC 5034 section 4: an empty one is
// sent as a single equals sign.
func decodeInitial(text string) ([]byte, bool) {
	if text == "=" {
		return []byte{}, true
	}
	b, ok := decode([]byte(text))
	return b, ok && len(b) > 0
}

// decode reads base64 (RFC 4648 section 4) without line ends in it; its result
// is never nil when that was right.
func decode(text []byte) ([]byte, bool) {
	if slices.Contains(text, '\r') {
		return nil, false
	}
	b := make([]byte, 0, base64.StdEncoding.DecodedLen(len(text)))
	b, err := base64.StdEncoding.Strict().AppendDecode(b, text)
	return b, err == nil
}

// needsTLS tells whether passwords may not be sent yet.
func (s *Session) needsTLS() bool { return s.server.o.PlaintextNeedsTLS && s.tls == nil }

func needTLS() edit.Reply { return edit.Err("passwords need TLS here: say STLS first") }
