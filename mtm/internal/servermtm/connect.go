package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Connect logs in, refreshes the mailbox, and carries out the queued operations except deletes. It
// blocks until all of that is done. held comes from Hold; it is released when the session ends, or
// when Connect returns no session. keep lists entries that stay although the server no longer has
// the message, if more than the header is stored. asked is what the caller will request next, or
// nil. After an error the connection is closed without QUIT. When only single messages failed, or
// the disk is full, Connect returns a session and the error, a Fault that lists the messages.
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
	// The first failure counts, not an error of closing the connection.
	_ = s.Drop()
	return nil, result, err
}

// start makes the connection and refreshes the mailbox.
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
		return nil // behaviour section 0: the session is usable, but nothing is refreshed
	}
	return s.bringUpToDate(ctx, meter, asked)
}

// markConnected marks the account as connected. It also stores what the caller will request, so
// that a failure from here on does not lose the request.
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
