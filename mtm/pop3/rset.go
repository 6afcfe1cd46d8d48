package pop3

import "context"

// Rset takes back every deletion of this session (RFC 1939 section 5).
func (s *Session) Rset(ctx context.Context) error {
	s.probe.forget()
	return s.exchange(ctx, command{verb: "RSET"}, "RSET", nil)
}
