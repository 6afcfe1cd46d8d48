package servermtm

import (
	"context"
	"errors"
	"time"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// enter makes a connection and logs in (behaviour section 3, "Wire order"). A session that is not entered is lost.
func (s *Session) enter(ctx context.Context) error {
	wire, err := s.line.dial(ctx)
	if err != nil {
		return err
	}
	s.line.wire, s.view = wire, view{} // numbers are those of this connection
	s.line.entered, s.deleted = time.Now(), 0
	if err = s.line.authorize(ctx); err != nil {
		_ = wire.Close() // why it cannot be used is known
		return err
	}
	if s.server.facts[store.FactSizesEstimate] > 0 {
		wire.DoubtSizes()
	}
	s.server.topless = s.server.topless || s.server.facts[store.FactNoTop] == closesAtTop && !wire.Capabilities().Has("TOP")
	return nil
}

// dial makes a connection and reads the greeting.
func (l *line) dial(ctx context.Context) (*pop3.Session, error) {
	conn, err := l.reach(ctx)
	if err == nil && l.settings.Security.TLS != account.Implicit {
		conn, err = l.awaitGreeting(ctx, conn)
	}
	if errors.Is(err, errLate) { // once more, without the offer of TLS that spoiled the connection
		conn, err = l.reach(ctx)
	}
	if err != nil {
		return nil, err
	}
	return l.greet(ctx, conn)
}

// authorize does what follows the greeting.
func (l *line) authorize(ctx context.Context) error {
	if err := l.capabilities(ctx); err != nil {
		return err
	}
	if l.settings.Security.TLS == account.STLS {
		if err := l.secure(ctx); err != nil {
			return err
		}
	}
	if err := l.login(ctx); err != nil {
		return err
	}
	// Servers list other capabilities after the login (QUIRK 9).
	return l.capabilities(ctx)
}
