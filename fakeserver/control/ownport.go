package control

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/internal/accept"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/scenarios"
)

// ownPort is a port of a tenant's own. What happens there before login is the tenant's too: the
// greeting, TLS, CAPA and AUTH, which a shared server answers before it knows whom for.
type ownPort struct {
	listener net.Listener
	quit     chan struct{}
	current  atomic.Pointer[alone]
	asked    bool // for itself, and not only for a scenario
}

// alone is a server that a tenant has alone, and what its scenario brings for it.
type alone struct {
	server   *fakeserver.Server
	implicit bool             // connections begin with TLS
	sink     *smtpsink.Server // nil unless the scenario has rules for SMTP
	smtp     string           // its address
	logins   []Login
	ca       string
	boxes    []scenarios.Mailbox
	expected []scenarios.Expectation
}

// Login is a user of a scenario that has users of its own.
type Login struct {
	Name     string `json:"name" doc:"The name to log in with" example:"ann"`
	Password string `json:"password,omitempty" doc:"The password" example:"secret"`
	Token    string `json:"token,omitempty" doc:"The token"`
}

// OpenPort gives a user a port of its own, unless the user has one. The user then logs in there
// only.
func (s *Service) OpenPort(ctx context.Context, user string) (*Addresses, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own == nil {
		if err := s.serveAlone(ctx, t, nil); err != nil {
			return nil, err
		}
	}
	t.own.asked = true
	a := t.addresses(s.o.Addresses)
	return &a, nil
}

// ClosePort takes the port of its own from a user, who logs in on the shared one again. Sessions
// are ended and forgotten; a scenario that needs the port is over.
func (s *Service) ClosePort(_ context.Context, user string) error {
	t, err := s.find(user)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own == nil {
		return problem(http.StatusNotFound, "the user %s has no port of its own", user)
	}
	if t.scenario != nil {
		t.dropRules(func(*rule) bool { return true })
		t.scenario, t.expect, t.user = nil, nil, t.base
	}
	s.share(t)
	return nil
}

// Close closes the ports of tenants.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tenants {
		t.mu.Lock()
		s.closePort(t)
		t.mu.Unlock()
	}
	return nil
}

// serveAlone puts a tenant on a server of its own; played is its scenario, or nil. t.mu is locked.
func (s *Service) serveAlone(ctx context.Context, t *tenant, played *scenarios.Alone) error {
	next, err := s.alone(ctx, t, played)
	if err != nil {
		return err
	}
	if t.own == nil {
		own, err := s.listen(ctx)
		if err != nil {
			s.retire(next)
			return err
		}
		t.own = own
		go own.accept(s)
		s.serving.Load().SetUser(t.name, elsewhere(t.drop))
	}
	before := t.own.current.Swap(next)
	s.moveTo(t, next.server)
	if before != nil {
		s.retire(before)
	}
	return nil
}

// elsewhere is a user who cannot log in on the shared port.
func elsewhere(drop *fakeserver.Maildrop) fakeserver.User {
	return fakeserver.User{Mechanisms: []string{}, Token: secret(), Maildrop: drop}
}

// share puts a tenant on the server that it shares with others. t.mu is locked.
func (s *Service) share(t *tenant) {
	server := s.serving.Load()
	server.SetUser(t.name, t.user)
	s.closePort(t)
	s.moveTo(t, server)
}

// moveTo lets the tenant's rules be those of another server. t.mu is locked.
func (s *Service) moveTo(t *tenant, server *fakeserver.Server) {
	for _, r := range t.rules {
		r.added.Remove()
	}
	t.server.Store(server)
	close(t.moved)
	t.moved = make(chan struct{})
	t.putRules()
	t.restart()
}

// closePort closes what a tenant has alone. t.mu is locked.
func (s *Service) closePort(t *tenant) {
	if t.own == nil {
		return
	}
	close(t.own.quit)
	_ = t.own.listener.Close() // nothing is lost with it
	s.retire(t.own.current.Load())
	t.own = nil
	s.ports.Add(-1)
}

// listen opens another port.
func (s *Service) listen(ctx context.Context) (*ownPort, error) {
	if n := s.ports.Add(1); n > int64(s.limits.Ports) {
		s.ports.Add(-1)
		return nil, full("%d users may have ports of their own: close some, or raise the limit", s.limits.Ports)
	}
	l, err := s.bind(ctx)
	if err != nil {
		s.ports.Add(-1)
		return nil, err
	}
	return &ownPort{listener: l, quit: make(chan struct{})}, nil
}

func (s *Service) bind(ctx context.Context) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1}
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort(cmp.Or(s.o.Host, "127.0.0.1"), "0"))
	if err != nil {
		return nil, full("no port can be opened: %v", err)
	}
	return l, nil
}

// accept serves the clients of the port.
func (p *ownPort) accept(s *Service) {
	loop := accept.Loop{Listener: p.listener, Quit: p.quit, Log: s.o.Log}
	for {
		c, err := loop.Next()
		if err != nil {
			return // it is closed
		}
		if now := p.current.Load(); now.implicit {
			go now.server.ServeTLSConn(c)
		} else {
			go now.server.ServeConn(c)
		}
	}
}

// alone makes the server for a tenant. It listens nowhere yet, except for SMTP.
func (s *Service) alone(ctx context.Context, t *tenant, played *scenarios.Alone) (*alone, error) {
	o := s.baseOptions(t)
	next := &alone{}
	if played != nil {
		room := o.TranscriptOctets
		o = played.Options
		o.TranscriptOctets = room
		next.implicit, next.boxes, next.expected = played.ImplicitTLS, played.Boxes, played.Expected
		for _, u := range played.Logins {
			next.logins = append(next.logins, Login{u.Name, u.Password, u.Token})
		}
		if played.Authority != nil {
			next.ca = string(played.Authority.PEM())
		}
	}
	next.server = fakeserver.New(t.drop, &o)
	s.counts.add(next.server)
	if played == nil || !played.SpeaksSMTP() {
		return next, nil
	}
	l, err := s.bind(ctx)
	if err != nil {
		s.retire(next)
		return nil, err
	}
	drops := map[string]*fakeserver.Maildrop{t.name: t.drop}
	next.sink = smtpsink.New(&smtpsink.Options{Maildrops: drops, Users: o.Users, TLS: o.TLS, Hostname: "pop3sim", Log: s.o.Log, TranscriptOctets: o.TranscriptOctets})
	next.smtp = reachable(l.Addr())
	played.PlaySMTP(next.sink.Server)
	go func() { _ = next.sink.Serve(l) }() // until it is closed
	return next, nil
}

// baseOptions are those of a server for one tenant without a scenario.
func (s *Service) baseOptions(t *tenant) fakeserver.Options {
	o := s.o.Alone
	o.Owner, o.Timed, o.Log = t.name, true, s.o.Log
	o.Users = map[string]fakeserver.User{t.name: t.base}
	return o
}

// retire ends the sessions of a server that a tenant had alone. Rules that have not fired are for
// the verdict.
func (s *Service) retire(a *alone) {
	_ = a.server.Close()
	if a.sink != nil {
		_ = a.sink.Close()
	}
	s.counts.closed(a.server)
}

// addresses returns where clients of the tenant connect; shared are those of all others. t.mu is
// locked.
func (t *tenant) addresses(shared Addresses) Addresses {
	if t.own == nil {
		return shared
	}
	now, at := t.own.current.Load(), reachable(t.own.listener.Addr())
	a := Addresses{POP3: at, SMTP: cmp.Or(now.smtp, shared.SMTP)}
	if now.implicit {
		a.POP3, a.POP3S = "", at
	}
	return a
}

// reachable returns an address as clients on this machine dial it.
func reachable(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		_, port, _ := net.SplitHostPort(a.String())
		return net.JoinHostPort("127.0.0.1", port)
	}
	return a.String()
}

// BeforeLogin reports whether a rule on this command needs a port of the user's own: it comes
// before a shared server knows the user.
func BeforeLogin(verb string) bool {
	return slices.Contains([]string{"CONNECT", "TLS", "RESPONSE", "AUTH", "STLS"}, strings.ToUpper(verb))
}

// early returns the verb of a rule that needs a port of the user's own, or "".
func early(rules []scenarios.Rule) string {
	for _, r := range rules {
		if verb, _, _ := strings.Cut(r.On, " "); BeforeLogin(verb) {
			return verb
		}
	}
	return ""
}
