package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Connect logs in, refreshes the mailbox and carries out what waits for its messages, deletes
// apart. held is from Hold; the session's end releases it, and so does an error without a session.
// keep lists entries that stay although
// the server lost the message, when more than the header is here; asked is what the
// caller asks for right after it, or nil. It blocks until all that is done. On
// an error the line is closed without QUIT, but for what goes wrong with single messages:
// then there is a session, and a Fault that lists them. Nor does a full disk end the session.
func (m *Mailbox) Connect(ctx context.Context, held *hold.Hold, meter *progress.Meter, keep []store.ID, asked *Asked) (*Session, Result, error) {
	s := &Session{box: m, meter: meter, held: held, line: line{dialer: m.Dial, limits: m.Wire}, keep: keep, headless: make(map[int]store.ID)}
	if asked != nil {
		s.skip = asked.skips()
	}
	var result Result
	err := s.start(ctx, meter, asked)
	fault, ok := errors.AsType[*Fault](err)
	if err == nil || (ok && len(fault.Failed) > 0) {
		var failed error
		result, failed = s.runQueue(ctx, meter)
		if err = errors.Join(err, failed); !s.Lost() && ctx.Err() == nil {
			return s, result, err
		}
	}
	// The failure is the one to tell, not that of tidying up after it.
	_ = s.Drop()
	return nil, result, err
}

// start makes the connection and brings the mailbox up to date.
func (s *Session) start(ctx context.Context, meter *progress.Meter, asked *Asked) (err error) {
	if s.line.settings, err = s.box.settings(ctx); err != nil {
		return err
	}
	service, err := s.box.Store.Entry(ctx, s.box.Service)
	if err != nil {
		return fail(ctx, "reading the account", symbian.ErrCannotOpenService, err)
	}
	s.from = store.Mailbox{Name: service.Name, Host: s.line.settings.Address(), User: s.line.settings.LoginName}
	if s.line.config, err = tlsConfig(s.line.settings); err != nil {
		return err
	}
	if s.box.Ways != nil && (s.box.Roams || s.line.settings.BearerMobility) {
		s.ways, s.line.dialer = s.box.Ways, s.box.Ways.Dial
	}
	if err = s.enter(ctx); err != nil && (s.ways == nil || !s.ways.Waits() || final(err) || passes(err)) {
		return err
	}
	if err != nil {
		s.ways.Refused(err, false)
		if err = s.enterAgain(ctx, err, 0); err != nil {
			return err
		}
	} else if s.ways != nil {
		s.ways.Entered()
	}
	if err := s.markConnected(ctx, asked); err != nil {
		return err
	}
	if s.line.settings.SyncLimit == 0 {
		return nil // behaviour section 0: usable, but nothing is refreshed
	}
	return s.bringUpToDate(ctx, meter, asked)
}

// markConnected also writes what is asked for, so that nothing that happens from here
// on makes it forgotten.
func (s *Session) markConnected(ctx context.Context, asked *Asked) error {
	const step = "marking the account"
	if err := s.held.SetConnected(true); err != nil {
		return HoldFault(ctx, err)
	}
	if err := s.recall(ctx, asked); err != nil {
		return fail(ctx, step, symbian.ErrUnknown, err)
	}
	b := s.box.Store.NewBatch()
	b.SetFlags([]store.ID{s.box.Service}, store.Connected, 0)
	if s.line.settings.SyncLimit != 0 {
		s.owed.remember(b, s.box.Service)
		if err := s.markSelected(ctx, b, asked); err != nil {
			b.Rollback()
			return fail(ctx, step, symbian.ErrUnknown, err)
		}
	}
	err := commit(b)
	s.marked = err == nil
	return fail(ctx, step, symbian.ErrUnknown, err)
}
