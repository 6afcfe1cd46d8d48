package pop3

import "context"

// Pass sends the password as it is, blanks and 8-bit octets included (RFC 1939
// section 7). A password with CR, LF or NUL is refused before anything is sent. The
// password is never part of an error.
func (s *Session) Pass(ctx context.Context, password string) error {
	if err := checkText("password", password); err != nil {
		return err
	}
	return s.exchange(ctx, command{verb: "PASS", secret: []string{password}}, "PASS "+password, nil)
}
