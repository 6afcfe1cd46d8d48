package pop3

import "context"

// User sends the user name (RFC 1939 section 7). A name with CR, LF or NUL is ErrArgument, and
// nothing is sent.
func (s *Session) User(ctx context.Context, name string) error {
	if err := checkText("user name", name); err != nil {
		return err
	}
	return s.exchange(ctx, command{verb: "USER"}, "USER "+name, nil)
}
