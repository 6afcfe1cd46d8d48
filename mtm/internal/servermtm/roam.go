package servermtm

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/symbian"
)

const connectingAgain = "connecting again"

// resumable reports whether an operation whose connection ended with err can
// continue over another one.
func (s *Session) resumable(ctx context.Context, err error) bool {
	return s.ways != nil && err != nil && ctx.Err() == nil && s.line.wire != nil && s.Lost() && !final(err)
}

// final reports whether another connection would fail in the same way: the login was refused, the
// certificate is not trusted, or the disk is full.
func final(err error) bool {
	if passes(err) {
		return false
	}
	code, _ := errors.AsType[symbian.Code](err)
	if code == symbian.ErrTLSRefused || code == symbian.ErrTLSFailed {
		return !cutOff(err)
	}
	return slices.Contains([]symbian.Code{
		symbian.ErrInvalidUser, symbian.ErrInvalidLogin, symbian.ErrInvalidAPOP, symbian.ErrAuthenticationFailed, symbian.ErrNoTimestamp,
		symbian.ErrDiskFull, symbian.ErrArgument, symbian.ErrCannotOpenService,
	}, code)
}

// cutOff reports whether a handshake failed because the connection ended.
func cutOff(err error) bool {
	if _, alert := errors.AsType[tls.AlertError](err); alert {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// excuses reports whether a break does not count against the current message: its carrier was lost,
// or, with ways, it is the first break at that message, which is requested again at once.
func (s *Session) excuses(b *brokenError) bool {
	if s.ways == nil {
		return false
	}
	if s.closed() || b.number == 0 {
		return true
	}
	key := excuse{b.id, b.uid}
	if s.excused[key] {
		return false
	}
	if s.excused == nil {
		s.excused = make(map[excuse]bool)
	}
	s.excused[key] = true
	return true
}

// closed reports whether the connection was closed because its carrier is gone.
func (s *Session) closed() bool { return s.ways != nil && s.ways.Closed() }

func (s *Session) progressed() {
	if s.ways != nil {
		s.ways.Progress()
	}
}

// pause ends the connection with QUIT, in the middle of an operation. The server's
// reply does not matter.
func (s *Session) pause(ctx context.Context) { _ = s.line.wire.Quit(ctx) }

// enterAgain makes another connection and logs in. Without ways, patience limits the wait for a
// server that cannot be used yet.
func (s *Session) enterAgain(ctx context.Context, lost error, patience time.Duration) error {
	if s.ways == nil {
		delay, _ := s.line.wire.Capabilities().LoginDelay()
		return s.enterPatiently(ctx, delay, patience)
	}
	s.meter.Interrupt()
	defer s.meter.Resume()
	for {
		err := s.ways.Await(ctx, lost, func(d time.Duration) { s.meter.Update(func(p *progress.Snapshot) { p.Retry = d }) })
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return fail(ctx, connectingAgain, symbian.ErrCancelled, err)
		default:
			return &Fault{Step: connectingAgain, Code: symbian.ErrDisconnected, Err: err}
		}
		if err = s.enter(ctx); err == nil {
			s.ways.Entered()
			return nil
		}
		if ctx.Err() != nil || final(err) {
			return err
		}
		s.ways.Refused(err, passes(err))
		lost = err
	}
}
