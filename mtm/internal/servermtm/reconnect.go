package servermtm

import (
	"context"
	"errors"
	"time"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// reconnect makes another connection within a command. The mailbox stays held. Entries get the new
// numbers of their messages; new messages get entries, unless asked includes them. Without ways,
// patience limits the wait for a server that cannot be used yet.
func (s *Session) reconnect(ctx context.Context, lost error, patience time.Duration, asked *Asked) error {
	if s.line.wire.SizesAreEstimates() {
		s.server.facts[store.FactSizesEstimate] = max(s.server.facts[store.FactSizesEstimate], 1)
	}
	if err := s.enterAgain(ctx, lost, patience); err != nil {
		return err
	}
	s.arrivals, s.again = nil, true
	if s.line.settings.SyncLimit == 0 {
		return nil
	}
	unseen := progress.NewMeter(int64(s.box.Service), progress.Refreshing) // the progress shows the steps of the command
	err := s.bringUpToDate(ctx, unseen, asked)
	if fault, ok := errors.AsType[*Fault](err); ok && len(fault.Failed) > 0 && !s.Lost() {
		return nil // the next command requests these headers again
	}
	if err != nil {
		_ = s.line.wire.Close()
	}
	return err
}

// firstPause is the first wait for a server that cannot be used yet. Each
// further one is twice as long.
const firstPause = 100 * time.Millisecond

// enterPatiently repeats the login while the server says that the mailbox is in use, that the login
// comes too soon after the last one, or that it is temporarily unable to serve. delay is the
// server's minimum time between logins.
func (s *Session) enterPatiently(ctx context.Context, delay, patience time.Duration) error {
	last, end := s.line.entered, time.Now().Add(patience)
	for pause := firstPause; ; pause *= 2 {
		err := s.enter(ctx)
		if err == nil || !passes(err) {
			return err
		}
		wait := pause
		if until := time.Until(last.Add(delay)); until > 0 && errors.Is(err, pop3.ErrLoginDelay) {
			wait = until
		}
		left := time.Until(end)
		if left <= 0 || wait > left && errors.Is(err, pop3.ErrLoginDelay) && delay > 0 {
			return err
		}
		if failed := sleep(ctx, min(wait, left)); failed != nil {
			return fail(ctx, loggingIn, symbian.ErrCancelled, failed)
		}
	}
}

// passes reports whether a refusal is temporary.
func passes(err error) bool {
	return errors.Is(err, pop3.ErrInUse) || errors.Is(err, pop3.ErrLoginDelay) || errors.Is(err, pop3.ErrTemporary) || saysLocked(err)
}

// sleep waits for d, or returns the cause when ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// bringUpToDate refreshes the mailbox. A message whose header breaks the connection is put off.
// With ways the refresh continues after any loss.
func (s *Session) bringUpToDate(ctx context.Context, meter *progress.Meter, asked *Asked) error {
	for fruitless := 0; ; {
		before := s.stored
		err := s.refresh(ctx, meter, s.keep, asked)
		fruitless++
		if s.stored > before {
			fruitless = 0
			s.progressed()
		}
		broken, is := errors.AsType[*brokenError](err)
		paused := errors.Is(err, errPaused)
		if ctx.Err() != nil || !is && !paused && !s.resumable(ctx, err) {
			return err
		}
		if paused {
			s.pause(ctx)
		}
		if !is || s.excuses(broken) {
			if err = s.enterAgain(ctx, err, 0); err != nil {
				return err
			}
			continue
		}
		b, failed := s.note(broken)
		if failed != nil {
			return fail(ctx, refreshing, symbian.ErrUnknown, failed)
		}
		fault := &Fault{Step: refreshing, Code: codeOf(ctx, symbian.ErrTop, broken.err), Err: broken.err, Failed: []failedMessage{b}}
		if fruitless == mostFruitless && s.ways == nil {
			return fault
		}
		if err = s.enterAgain(ctx, broken.err, s.box.Wire.Timeout); err != nil {
			fault.Err = &againError{broken.err, err}
			if s.ways != nil {
				return err
			}
			return fault
		}
	}
}
