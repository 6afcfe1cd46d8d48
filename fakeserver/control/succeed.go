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
// their mail, rules and expectations; all others are as the new server has them. Ports of users'
// own stay open if they were asked for; what is served there is as on the shared port. Sessions are
// forgotten, and streams of events end.
func (s *Service) Succeed(server *fakeserver.Server, play *scenarios.Play) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ports := map[string]*ownPort{}
	for _, name := range slices.Collect(maps.Keys(s.tenants)) {
		t := s.tenants[name]
		if _, known := server.User(name); known {
			ports[name] = t.givePort()
			s.drop(t)
		} else {
			s.move(t, server)
		}
	}
	close(s.succeeded)
	s.succeeded = make(chan struct{})
	s.o.Play = play
	s.serving.Store(server)
	s.counts.add(server)
	for _, name := range server.Users() {
		if user, known := server.User(name); known && s.tenants[name] == nil {
			t := adopted(name, server, user, play)
			s.octets.Add(t.octets())
			s.tenants[name] = t
			s.takePort(t, ports[name])
		}
	}
}

// givePort returns the port of the tenant's own and leaves it open, if it was asked for; else nil.
func (t *tenant) givePort() *ownPort {
	t.mu.Lock()
	defer t.mu.Unlock()
	port := t.own
	if port != nil && port.asked {
		t.own = nil
		return port
	}
	return nil
}

// takePort makes a tenant of the new server have a port that is open; nil: none.
func (s *Service) takePort(t *tenant, port *ownPort) {
	if port == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.own = port
	s.serving.Load().SetUser(t.name, elsewhere(t.drop))
	if err := s.serveAlone(context.Background(), t, nil); err != nil { // not without a scenario
		s.o.Log.Error("cannot serve a port", "user", t.name, "error", err)
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
