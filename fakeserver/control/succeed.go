package control

import (
	"context"
	"maps"
	"slices"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios"
)

// Succeed lets the service work on a server that takes the place of its server; play is the
// scenario of that server, or nil. Users that only the old server has move to the new one, with
// their mail, rules and expectations; all others are as the new server has them. Sessions are
// forgotten, and streams of events end.
func (s *Service) Succeed(server *fakeserver.Server, play *scenarios.Play) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Collect(maps.Keys(s.tenants)) {
		t := s.tenants[name]
		if _, known := server.User(name); known {
			s.drop(t)
		} else {
			s.move(t, server)
		}
	}
	close(s.succeeded)
	s.succeeded = make(chan struct{})
	s.o.Play = play
	s.serving.Store(server)
	for _, name := range server.Users() {
		if user, known := server.User(name); known && s.tenants[name] == nil {
			t := adopted(name, server, user, play)
			s.octets.Add(t.octets())
			s.tenants[name] = t
		}
	}
}

// untilSucceeded returns a context that ends with ctx, or when another server takes the
// place of the one of now.
func (s *Service) untilSucceeded(ctx context.Context) (context.Context, context.CancelFunc) {
	s.mu.Lock()
	succeeded := s.succeeded
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-succeeded:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// move moves a tenant to another server.
func (s *Service) move(t *tenant, server *fakeserver.Server) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own != nil {
		server.SetUser(t.name, elsewhere(t.drop))
		return
	}
	server.SetUser(t.name, t.user)
	t.server.Store(server)
	t.since = time.Now()
	t.putRules()
}
