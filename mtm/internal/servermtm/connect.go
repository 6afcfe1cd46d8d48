package servermtm

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Connect logs in, refreshes the mailbox and carries out what waits for its messages, deletes
// apart. held is from Hold; the session's end releases it, and so does an error without a session.
// keep lists entries that stay although
// the server lost the message, when more than the header is here; asked is what the
// caller asks for right after it, or nil. It blocks until all that is done. On
// an error the line is closed without QUIT, but for what goes wrong with single messages:
// then there is a session, and a Fault that lists them. Nor does a full disk end the session.
func (m *Mailbox) Connect(ctx context.Context, held *hold.Hold, meter *progress.Meter, keep []store.ID, asked *Asked) (*Session, Outcome, error) {
	s := &Session{Mailbox: m, held: held, keep: keep, headless: make(map[int]store.ID)}
	if asked != nil {
		s.skip = asked.skips()
	}
	var outcome Outcome
	err := s.start(ctx, meter, asked)
	fault, ok := errors.AsType[*Fault](err)
	if err == nil || (ok && len(fault.Failed) > 0) {
		var failed error
		outcome, failed = s.runQueue(ctx, meter)
		if err = errors.Join(err, failed); !s.Lost() && ctx.Err() == nil {
			return s, outcome, err
		}
	}
	// The failure is the one to tell, not that of tidying up after it.
	_ = s.Drop()
	return nil, outcome, err
}

// start makes the connection and brings the mailbox up to date.
func (s *Session) start(ctx context.Context, meter *progress.Meter, asked *Asked) (err error) {
	if s.settings, err = s.Mailbox.settings(ctx); err != nil {
		return err
	}
	service, err := s.Store.Entry(ctx, s.Service)
	if err != nil {
		return fail(ctx, "reading the account", progress.CannotOpenService, err)
	}
	s.from = store.Mailbox{Name: service.Name, Host: s.settings.Address(), User: s.settings.LoginName}
	if s.config, err = tlsConfig(s.settings); err != nil {
		return err
	}
	if err = s.enter(ctx); err != nil {
		return err
	}
	if err := s.markConnected(ctx, asked); err != nil {
		return err
	}
	if s.settings.SyncLimit == 0 {
		return nil // behaviour section 0: usable, but nothing is refreshed
	}
	return s.bringUpToDate(ctx, meter, asked)
}

// Disconnected says whether the account is in disconnected mode.
func (m *Mailbox) Disconnected(ctx context.Context) (bool, error) {
	settings, err := m.settings(ctx)
	return settings.DisconnectedMode, err
}

// settings are read at each connect, so that a change counts from the next one on.
func (m *Mailbox) settings(ctx context.Context) (account.POP3, error) {
	values, err := m.Store.Settings(ctx, m.Service)
	if err != nil {
		return account.POP3{}, fail(ctx, "reading the account", progress.CannotOpenService, err)
	}
	settings, err := account.FromMap(values)
	if err != nil {
		return account.POP3{}, &Fault{Step: "reading the account", Code: progress.Argument, Err: err}
	}
	return settings, nil
}

func (m *Mailbox) dial(ctx context.Context, settings account.POP3, config *tls.Config) (*pop3.Session, error) {
	conn, err := m.reach(ctx, settings)
	if err == nil && settings.Security.TLS != account.Implicit {
		conn, err = m.awaitGreeting(ctx, conn, settings)
	}
	if errors.Is(err, errLate) { // once more, without the offer of TLS that spoiled the connection
		conn, err = m.reach(ctx, settings)
	}
	if err != nil {
		return nil, err
	}
	return m.greet(ctx, conn, settings, config)
}

// reach makes the connection.
func (m *Mailbox) reach(ctx context.Context, settings account.POP3) (net.Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, m.Wire.Timeout)
	defer cancel()
	conn, err := m.Dial(dialing, "tcp", settings.Address())
	if err == nil {
		return conn, nil
	}
	code := progress.CannotConnect
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		code = progress.HostNotFound
	} else if ctx.Err() != nil || dialing.Err() != nil {
		code = codeOf(dialing, code, err)
	}
	if ctx.Err() != nil {
		code = codeOf(ctx, code, err)
	}
	return nil, &Fault{Step: "connecting", Code: code, Err: err}
}

func (s *Session) capabilities(ctx context.Context) error {
	_, err := s.wire.Capa(ctx)
	return fail(ctx, "asking for capabilities", progress.ServerProblem, err)
}

// markConnected also writes what is asked for, so that nothing that happens from here on makes it forgotten.
func (s *Session) markConnected(ctx context.Context, asked *Asked) error {
	const step = "marking the account"
	if err := s.held.SetConnected(true); err != nil {
		return HoldFault(ctx, err)
	}
	if err := s.recall(ctx, asked); err != nil {
		return fail(ctx, step, progress.Unknown, err)
	}
	b := s.Store.NewBatch()
	b.SetFlags([]store.ID{s.Service}, store.Connected, 0)
	if s.settings.SyncLimit != 0 {
		s.owed.remember(b, s.Service)
		if err := s.markSelected(ctx, b, asked); err != nil {
			b.Rollback()
			return fail(ctx, step, progress.Unknown, err)
		}
	}
	err := commit(b)
	s.marked = err == nil
	return fail(ctx, step, progress.Unknown, err)
}
