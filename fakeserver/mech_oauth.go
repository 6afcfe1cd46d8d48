package fakeserver

import (
	"strings"

	"github.com/emersion/go-sasl"
)

// oauthBearer implements OAUTHBEARER (RFC 7628).
func oauthBearer(d *directory) conversation {
	who := &identity{}
	mechanism := sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
		// RFC 5801 section 4: commas and equals signs in a name are escaped.
		name := strings.NewReplacer("=2C", ",", "=3D", "=").Replace(o.Username)
		name, u, err := d.checkToken(name, o.Token)
		if err != nil {
			return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer", Scope: "mail"}
		}
		*who = identity{name, u}
		return nil
	})
	return conversation{explained(mechanism.Next), who}
}

// xoauth2 implements XOAUTH2, the predecessor of OAUTHBEARER at Google and Microsoft:
// "user=NAME", "auth=Bearer TOKEN" and an empty field, each followed by ^A.
func xoauth2(d *directory) conversation {
	who := &identity{}
	next := func(response []byte) ([]byte, bool, error) {
		if response == nil {
			return []byte{}, false, nil
		}
		const refusal = `{"status":"401","schemes":"bearer","scope":"mail"}`
		fields := strings.Split(string(response), "\x01")
		if len(fields) != 4 || fields[2] != "" || fields[3] != "" {
			return []byte(refusal), false, nil
		}
		name, isUser := strings.CutPrefix(fields[0], "user=")
		kind, token, _ := strings.Cut(strings.TrimPrefix(fields[1], "auth="), " ")
		name, u, err := d.checkToken(name, token)
		if err != nil || !isUser || name == "" || !strings.EqualFold(kind, "bearer") {
			return []byte(refusal), false, nil
		}
		*who = identity{name, u}
		return nil, true, nil
	}
	return conversation{explained(next), who}
}

// explained makes a mechanism report a refused token in a challenge. RFC 7628 section 3.2.3: the
// client answers it, and -ERR follows.
func explained(next func([]byte) ([]byte, bool, error)) func([]byte) ([]byte, bool, error) {
	refused := false
	return func(response []byte) ([]byte, bool, error) {
		if refused {
			return nil, false, ErrDenied
		}
		challenge, done, err := next(response)
		refused = len(challenge) > 0
		return challenge, done, err
	}
}
