package pop3

import "context"

// Rset unmarks every message that this session has marked as deleted (RFC 1939 section 5).
func (s *Session) Rset(ctx context.Context) error {
	s.probe.forget()
	return s.exchange(ctx, command{verb: "RSET"}, "RSET", nil)
}
