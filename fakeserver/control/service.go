package control

import (
	"cmp"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios"
)

// prefix is the prefix of the paths of all operations.
const prefix = "/api/v1"

// Options configures a Service. nil and zero fields mean the defaults.
type Options struct {
	// Addresses are returned to clients that create a user.
	Addresses Addresses
	// Token must be sent by every caller over HTTP. Without it only callers on this machine are
	// accepted.
	Token string
	// Play is the scenario that the server plays, if any. Its users are judged by the scenario's
	// expectations.
	Play *scenarios.Play
	// Limits limits what is stored.
	Limits Limits
	// Host is where ports of users of their own listen. Default: 127.0.0.1.
	Host string
	// Alone are the options of servers for users with ports of their own, except for their users.
	Alone fakeserver.Options
	// Log receives errors of the HTTP server. Default: no log.
	Log *slog.Logger
}

// Addresses holds the addresses of the simulator for clients, as HOST:PORT. An address is empty
// when its protocol is not served.
type Addresses struct {
	POP3  string `json:"pop3,omitempty" doc:"HOST:PORT of POP3" example:"127.0.0.1:1110"`
	POP3S string `json:"pop3s,omitempty" doc:"HOST:PORT of POP3 over TLS" example:"127.0.0.1:1995"`
	SMTP  string `json:"smtp,omitempty" doc:"HOST:PORT of SMTP" example:"127.0.0.1:1025"`
}

// Limits limits what a Service stores. A request beyond a limit is refused with the status 507.
type Limits struct {
	// Users is the number of users. Default: 10,000.
	Users int
	// Messages is the number of messages of a user. Default: 100,000.
	Messages int
	// Octets is the total size of the messages of all users, including deleted ones that a reset
	// restores. Default: 512 MiB.
	Octets int64
	// Message is the largest message in octets. Default: 32 MiB.
	Message int64
	// Rules is the number of rules of a user. Default: 1,000.
	Rules int
	// Ports is the number of users who may have ports of their own. Default: 100.
	Ports int
	// Body is the largest body of a request in octets, other than a message. Default: 256 KiB.
	Body int64
	// Waiting is the number of requests that may wait at once, or follow events. Default: 1,000.
	Waiting int
}

func (l Limits) orDefault() Limits {
	l.Users = cmp.Or(l.Users, 10_000)
	l.Messages = cmp.Or(l.Messages, 100_000)
	l.Octets = cmp.Or(l.Octets, 512<<20)
	l.Message = cmp.Or(l.Message, 32<<20)
	l.Rules = cmp.Or(l.Rules, 1_000)
	l.Ports = cmp.Or(l.Ports, 100)
	l.Body = cmp.Or(l.Body, 256<<10)
	l.Waiting = cmp.Or(l.Waiting, 1_000)
	return l
}

// Service performs the operations on a simulator. Its methods are safe for concurrent use.
type Service struct {
	serving atomic.Pointer[fakeserver.Server]
	leaving atomic.Bool
	o       Options
	limits  Limits
	begun   time.Time
	counts  counts

	octets  atomic.Int64 // of all messages that it stores
	waiting atomic.Int64
	ports   atomic.Int64 // of users who have one of their own

	mu        sync.Mutex
	tenants   map[string]*tenant
	succeeded chan struct{} // closed by Succeed
}

// New returns a Service for a POP3 server, which should have Options.Timed. The users of the server
// become users of the service.
func New(server *fakeserver.Server, o *Options) *Service {
	s := &Service{tenants: map[string]*tenant{}, begun: time.Now(), succeeded: make(chan struct{})}
	s.serving.Store(server)
	s.counts.add(server)
	if o != nil {
		s.o = *o
	}
	if s.o.Log == nil {
		s.o.Log = slog.New(slog.DiscardHandler)
	}
	s.limits = s.o.Limits.orDefault()
	for _, name := range server.Users() {
		_, _ = s.find(name) // it existed a moment ago
	}
	return s
}

// SetAddresses replaces the addresses of Options, for a caller that learns them later. It must be
// called before the first request.
func (s *Service) SetAddresses(a Addresses) { s.o.Addresses = a }

// HasToken reports whether callers must give a token.
func (s *Service) HasToken() bool { return s.o.Token != "" }

// find returns the tenant of a user. It adds a tenant for a user who was added to the server
// directly.
func (s *Service) find(name string) (*tenant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, known := s.serving.Load().User(name)
	t := s.tenants[name]
	switch {
	case !known:
		if t != nil {
			s.drop(t)
		}
		return nil, unknownUser(name)
	case t == nil:
		t = adopted(name, s.serving.Load(), user, s.o.Play)
		s.octets.Add(t.octets())
		s.tenants[name] = t
	}
	return t, nil
}

// drop forgets a tenant. s.mu is locked.
func (s *Service) drop(t *tenant) {
	s.octets.Add(-t.octets())
	delete(s.tenants, t.name)
	t.mu.Lock()
	defer t.mu.Unlock()
	s.closePort(t)
}

// reserve counts octets that are to be stored. It fails when they exceed the limit.
func (s *Service) reserve(octets int64) error {
	if total := s.octets.Add(octets); octets > 0 && total > s.limits.Octets {
		s.octets.Add(-octets)
		return full("the messages of all users may have %d octets, and with these they would have %d: delete some, or raise the limit", s.limits.Octets, total)
	}
	return nil
}
