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

// enter makes a connection and logs in (behaviour section 3, "Wire order"). When it
// fails the session is lost.
func (s *Session) enter(ctx context.Context) error {
	s.line.stage = func(stage int) {
		s.meter.Update(func(p *progress.Snapshot) {
			if p.SubPhase == progress.Connecting {
				p.TotalMessages, p.Retry = stage, 0
			}
		})
	}
	wire, err := s.line.dial(ctx)
	if err != nil {
		return err
	}
	s.line.wire, s.view = wire, view{} // message numbers are valid for one connection
	s.line.entered, s.deleted = time.Now(), 0
	if s.ways != nil {
		wire.StopWhen(s.ways.Stops)
	}
	if err = s.line.authorize(ctx); err != nil {
		_ = wire.Close() // the first error counts
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
	l.stage(progress.Dialling)
	conn, err := l.reach(ctx)
	l.stage(progress.Greeting)
	if err == nil && l.settings.Security.TLS != account.Implicit {
		conn, err = l.awaitGreeting(ctx, conn)
	}
	if errors.Is(err, errLate) { // try again, without the handshake that spoiled the connection
		conn, err = l.reach(ctx)
	}
	if err != nil {
		return nil, err
	}
	return l.greet(ctx, conn)
}

// authorize carries out the steps from the greeting to the login.
func (l *line) authorize(ctx context.Context) error {
	l.stage(progress.LoggingIn)
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
