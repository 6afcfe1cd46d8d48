package servermtm

import (
	"context"
	"errors"
	"time"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// enter makes a connection and logs in (behaviour section 3, "Wire order"). A session that is not entered is lost.
func (s *Session) enter(ctx context.Context) error {
	wire, err := s.dial(ctx, s.settings, s.config)
	if err != nil {
		return err
	}
	s.wire = wire
	s.entered, s.deleted = time.Now(), 0
	if err = s.authorize(ctx); err != nil {
		_ = wire.Close() // why it cannot be used is known
		return err
	}
	if s.facts[store.FactSizesEstimate] > 0 {
		wire.DoubtSizes()
	}
	s.topless = s.topless || s.facts[store.FactNoTop] == closesAtTop && !wire.Capabilities().Has("TOP")
	return nil
}

// authorize is what follows the greeting.
func (s *Session) authorize(ctx context.Context) error {
	if err := s.capabilities(ctx); err != nil {
		return err
	}
	if s.settings.Security.TLS == account.STLS {
		if err := s.secure(ctx, s.config); err != nil {
			return err
		}
	}
	if err := s.login(ctx); err != nil {
		return err
	}
	// Servers list other capabilities after the login (QUIRK 9).
	return s.capabilities(ctx)
}

// reconnect makes another connection within a command, in place of one that has ended. The mailbox stays held. Entries get the
// numbers that their messages have now; new messages get entries. patience is how long a server is waited for that cannot be used yet.
func (s *Session) reconnect(ctx context.Context, patience time.Duration) error {
	if s.wire.SizesAreEstimates() {
		s.facts[store.FactSizesEstimate] = max(s.facts[store.FactSizesEstimate], 1)
	}
	delay, _ := s.wire.Capabilities().LoginDelay()
	if err := s.enterPatiently(ctx, delay, patience); err != nil {
		return err
	}
	s.arrivals, s.again = nil, true
	if s.settings.SyncLimit == 0 {
		return nil
	}
	unseen := progress.NewMeter(int64(s.Service), progress.Refreshing) // the command's own steps are shown
	err := s.bringUpToDate(ctx, unseen, nil)
	if fault, ok := errors.AsType[*Fault](err); ok && len(fault.Failed) > 0 && !s.Lost() {
		return nil // these headers are asked for in the next command again
	}
	if err != nil {
		_ = s.wire.Close()
	}
	return err
}

// firstPause is the first wait for a server that says that it can be used soon; each further one is twice as long.
const firstPause = 100 * time.Millisecond

// enterPatiently waits while the server says that the mailbox is in use, that the last
// login is too short a time ago, or that it cannot serve for now. delay is how long the server says must be between logins.
func (s *Session) enterPatiently(ctx context.Context, delay, patience time.Duration) error {
	last, end := s.entered, time.Now().Add(patience)
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
			return fail(ctx, loggingIn, progress.Cancelled, failed)
		}
	}
}

// passes reports whether a refusal is one that may pass.
func passes(err error) bool {
	return errors.Is(err, pop3.ErrInUse) || errors.Is(err, pop3.ErrLoginDelay) || errors.Is(err, pop3.ErrTemporary) || saysLocked(err)
}

// sleep waits, or returns the cause of ctx's end.
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
func (s *Session) bringUpToDate(ctx context.Context, meter *progress.Meter, asked *Asked) error {
	for fruitless := 0; ; {
		before := s.stored
		err := s.refresh(ctx, meter, s.keep, asked)
		broken, is := errors.AsType[*brokenError](err)
		if !is || ctx.Err() != nil {
			return err
		}
		b, failed := s.note(broken)
		if failed != nil {
			return fail(ctx, refreshing, progress.Unknown, failed)
		}
		if fruitless++; s.stored > before {
			fruitless = 0
		}
		fault := &Fault{Step: refreshing, Code: codeOf(ctx, progress.TopFailed, broken.err), Err: broken.err, Failed: []Failure{b}}
		if fruitless == mostFruitless {
			return fault
		}
		delay, _ := s.wire.Capabilities().LoginDelay()
		if err = s.enterPatiently(ctx, delay, s.Wire.Timeout); err != nil {
			fault.Err = &againError{broken.err, err}
			return fault
		}
	}
}
