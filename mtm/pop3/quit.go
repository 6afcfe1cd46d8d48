package pop3

import "context"

// Quit ends the session and closes the connection, whatever comes back. RFC 1939 section 6: in the
// transaction state the server deletes now, and a *ReplyError says that some messages may be left.
// QUIRK 95: a server that closes the line or stays silent instead of answering is a *LineError, and
// nobody knows whether it has deleted.
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
