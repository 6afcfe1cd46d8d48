package pop3

import (
	"context"
	"errors"
	"os"
	"time"
)

// Idle blocks between commands until ctx ends or the connection is lost. It returns nil when ctx
// ends, and the session stays usable. A lost connection spoils the session, and so do octets that
// the server sends unasked. Options.Timeout does not apply.
func (s *Session) Idle(ctx context.Context) error {
	c := command{verb: "idling"}
	if err := s.Err(); err != nil {
		return err
	}
	if err := s.checkQuiet(c); err != nil {
		return err
	}
	if err := s.line.wire.SetReadDeadline(time.Time{}); err != nil {
		return s.spoil(lineError(context.Background(), c, 0, err))
	}
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		_ = s.line.wire.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed connection, on which nothing waits
	})
	var octet [1]byte
	n, err := s.line.conn.Read(octet[:])
	if !stop() {
		<-woken // so that this deadline cannot overwrite that of the next command
	}
	switch {
	case n > 0:
		return s.spoil(c.protocolError("nothing between commands", octet[:]))
	case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil:
		return nil
	}
	return s.spoil(lineError(context.Background(), c, 0, err))
}
