package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/symbian"
)

// Idle waits until the line ends, and says why. It returns nil when ctx was cancelled
// first, with the session as usable as before; when the time of ctx has run out that
// is the reason why the line has to end.
func (s *Session) Idle(ctx context.Context) error {
	const step = "waiting for the next command"
	err := s.line.wire.Idle(ctx)
	switch {
	case err != nil:
		// Also what comes unasked ends the line (behaviour section 3).
		return &Fault{Step: step, Code: symbian.ErrDisconnected, Err: err}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Fault{Step: step, Code: symbian.ErrTimedOut, Err: errors.New("no traffic for too long")}
	}
	return nil
}

// Mobile reports whether the session can go on over another connection.
func (s *Session) Mobile() bool { return s.ways != nil }

// Roams reports whether a session whose line ended with err goes on over another connection.
func (s *Session) Roams(err error) bool { return s.resumable(context.Background(), err) }

// Move makes another connection for a session that no command uses. lost is why the one before
// ended; nil ends it with QUIT.
func (s *Session) Move(ctx context.Context, lost error) error {
	s.meter = progress.NewMeter(int64(s.box.Service), progress.ConnectedAndIdle)
	if lost == nil {
		s.pause(ctx)
	}
	return s.reconnect(ctx, lost, 0, nil)
}
