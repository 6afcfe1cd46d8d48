package pop3

import (
	"context"
	"errors"
	"os"
	"time"
)

// Idle waits between commands until the line ends. It returns nil when ctx ends first; the session
// is then as usable as before. A server has nothing to say unasked: octets that come spoil the
// session like a lost line does. Timeout does not bound Idle: ctx does.
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
		_ = s.line.wire.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed line, which waits for nothing
	})
	var octet [1]byte
	n, err := s.line.conn.Read(octet[:])
	if !stop() {
		<-woken // so that the deadline of the next command comes after this one
	}
	switch {
	case n > 0:
		return s.spoil(c.protocolError("nothing while no command is under way", octet[:]))
	case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil:
		return nil
	}
	return s.spoil(lineError(context.Background(), c, 0, err))
}
