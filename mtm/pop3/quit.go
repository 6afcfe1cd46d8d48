package pop3

import "context"

// Quit sends QUIT and closes the connection in any case. After a login the server now deletes the
// marked messages; a *ReplyError means that some may remain (RFC 1939 section 6).
//
// QUIRK 95: after a *LineError, because the server closed the connection or was silent, it is
// unknown whether it has deleted them.
func (s *Session) Quit(ctx context.Context) error {
	err := s.exchange(ctx, command{verb: "QUIT"}, "QUIT", nil)
	if err == nil {
		s.line.endTLS()
	}
	closeErr := s.Close()
	if err != nil {
		return err
	}
	return closeErr
}
