package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/symbian"
)

// Idle waits until the connection ends, and returns why. When ctx is cancelled first it returns
// nil, and the session stays usable. When the deadline of ctx passes, it returns a time-out, since
// the connection has been idle for too long.
func (s *Session) Idle(ctx context.Context) error {
	const step = "waiting for the next command"
	err := s.line.wire.Idle(ctx)
	switch {
	case err != nil:
		// Octets that the server sends without a command end the connection too
		// (behaviour section 3).
		return &Fault{Step: step, Code: symbian.ErrDisconnected, Err: err}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Fault{Step: step, Code: symbian.ErrTimedOut, Err: errors.New("the connection was idle for too long")}
	}
	return nil
}

// Mobile reports whether the session can continue over another connection.
func (s *Session) Mobile() bool { return s.ways != nil }

// Roams reports whether a session whose connection ended with err continues over another one.
func (s *Session) Roams(err error) bool { return s.resumable(context.Background(), err) }

// Move makes another connection for a session that no command uses. lost is why the old one ended;
// nil means that Move ends it with QUIT.
func (s *Session) Move(ctx context.Context, lost error) error {
	s.meter = progress.NewMeter(int64(s.box.Service), progress.ConnectedAndIdle)
	if lost == nil {
		s.pause(ctx)
	}
	return s.reconnect(ctx, lost, 0, nil)
}
