package pop3

import "context"

// Pass sends the password unchanged, with blanks and 8-bit octets (RFC 1939 section 7). A password
// with CR, LF or NUL is ErrArgument, and nothing is sent. No error shows the password.
func (s *Session) Pass(ctx context.Context, password string) error {
	if err := checkText("password", password); err != nil {
		return err
	}
	return s.exchange(ctx, command{verb: "PASS", secret: []string{password}}, "PASS "+password, nil)
}
