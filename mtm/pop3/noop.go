package pop3

import "context"

// Noop sends NOOP, which has no effect but to restart the server's inactivity timer (RFC 1939
// section 3).
func (s *Session) Noop(ctx context.Context) error {
	return s.exchange(ctx, command{verb: "NOOP"}, "NOOP", nil)
}
