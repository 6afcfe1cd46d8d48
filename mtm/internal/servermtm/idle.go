package servermtm

import (
	"context"
	"errors"

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
