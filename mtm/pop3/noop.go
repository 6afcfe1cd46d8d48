package pop3

import "context"

// Noop asks for an answer and nothing else; it restarts the server's inactivity
// timer (RFC 1939 section 3).
func (s *Session) Noop(ctx context.Context) error {
	return s.exchange(ctx, command{verb: "NOOP"}, "NOOP", nil)
}
