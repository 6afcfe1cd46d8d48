package control

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios"
)

// NewUser describes a user to create. Missing values are generated.
type NewUser struct {
	Name        string `json:"name,omitempty" maxLength:"64" pattern:"^[A-Za-z0-9._@+-]*$" doc:"The name to log in with: letters, digits and . _ @ + -; made up when missing" example:"ann"`
	Password    string `json:"password,omitempty" maxLength:"200" doc:"Made up when missing, unless there is a token" example:"secret"`
	Token       string `json:"token,omitempty" maxLength:"4000" doc:"A token for XOAUTH2 and OAUTHBEARER" example:"0123abcd"`
	AnyPassword bool   `json:"anyPassword,omitempty" doc:"Whether any password is accepted"`
	OwnPort     bool   `json:"ownPort,omitempty" doc:"Whether the user has a port of its own, so that rules and scenarios can say what happens before login"`
}

// CreatedUser is a new user, with what a client needs to log in.
type CreatedUser struct {
	Name     string `json:"name" doc:"The name to log in with" example:"ann"`
	Password string `json:"password" doc:"The password" example:"secret"`
	Token    string `json:"token,omitempty" doc:"The token, if one was given"`
	Addresses
}

// User describes the current state of a user.
type User struct {
	Name     string    `json:"name" doc:"The name to log in with" example:"ann"`
	Messages int       `json:"messages" doc:"How many messages the mailbox has"`
	Octets   int64     `json:"octets" doc:"The sum of their sizes"`
	Locked   bool      `json:"locked" doc:"Whether a session holds the mailbox"`
	Rules    int       `json:"rules" doc:"How many rules there are"`
	State    string    `json:"state" doc:"The named state" example:"start"`
	Scenario string    `json:"scenario,omitempty" doc:"The name of the scenario that is played" example:"retr-drop"`
	Sessions int       `json:"sessions" doc:"How many sessions there were since creation or reset, open ones included"`
	OwnPort  bool      `json:"ownPort,omitempty" doc:"Whether the addresses are of a port of the user's own"`
	Since    time.Time `json:"since" doc:"The time of the creation or of the last reset"`
	Addresses
}

// CreateUser creates a user with an empty mailbox.
func (s *Service) CreateUser(ctx context.Context, in NewUser) (*CreatedUser, error) {
	if len(in.Name) > 64 || strings.Trim(in.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-") != "" {
		return nil, problem(http.StatusUnprocessableEntity, "a name needs 1 to 64 letters, digits and . _ @ + -")
	}
	if strings.ContainsAny(in.Password+in.Token, "\r\n\x00") || len(in.Password) > 200 || len(in.Token) > 4000 {
		return nil, problem(http.StatusUnprocessableEntity, "a password must be one line of at most 200 octets, a token one line of at most 4,000")
	}
	if in.Name == "" {
		in.Name = "user-" + strings.ToLower(rand.Text()[:10])
	}
	if in.Password == "" && in.Token == "" {
		in.Password = secret()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.serving.Load().User(in.Name); known {
		return nil, problem(http.StatusConflict, "the user %q already exists", in.Name)
	}
	if len(s.tenants) >= s.limits.Users {
		return nil, full("there may be %d users: delete some, or raise the limit", s.limits.Users)
	}
	t := &tenant{name: in.Name, drop: fakeserver.NewMaildrop(), changing: true, since: time.Now(), moved: make(chan struct{})}
	t.server.Store(s.serving.Load())
	t.base = fakeserver.User{Password: in.Password, Token: in.Token, AnyPassword: in.AnyPassword, Maildrop: t.drop}
	t.user = t.base
	t.mu.Lock()
	defer t.mu.Unlock()
	t.server.Load().SetUser(in.Name, t.user)
	if in.OwnPort {
		if err := s.serveAlone(ctx, t, nil); err != nil {
			s.serving.Load().RemoveUser(in.Name)
			return nil, err
		}
		t.own.asked = true
	}
	s.tenants[in.Name] = t
	return &CreatedUser{Name: in.Name, Password: in.Password, Token: in.Token, Addresses: t.addresses(s.o.Addresses)}, nil
}

// secret makes up a password.
func secret() string { return strings.ToLower(rand.Text()[:16]) }

// Users returns all users, by name.
func (s *Service) Users(ctx context.Context) ([]User, error) {
	var all []User
	for _, name := range s.serving.Load().Users() {
		if u, err := s.User(ctx, name); err == nil { // else it was deleted a moment ago
			all = append(all, *u)
		}
	}
	return all, nil
}

// User returns one user.
func (s *Service) User(_ context.Context, name string) (*User, error) {
	t, err := s.find(name)
	if err != nil {
		return nil, err
	}
	u := &User{Name: name, Locked: t.drop.Locked()}
	u.Messages, u.Octets = t.drop.Count()
	t.mu.Lock()
	defer t.mu.Unlock()
	server := t.server.Load()
	u.State, u.Sessions = server.NamedState(t.ruled()), server.UserSessions(name)
	u.Addresses, u.OwnPort = t.addresses(s.o.Addresses), t.own != nil
	u.Rules, u.Since, u.Scenario = len(t.rules), t.since, nameOf(t.scenario)
	return u, nil
}

func nameOf(s *scenarios.Scenario) string {
	if s == nil {
		return ""
	}
	return s.Name()
}

// DeleteUser deletes a user with all its data, and ends its sessions.
func (s *Service) DeleteUser(ctx context.Context, name string) error {
	t, err := s.find(name)
	if err != nil {
		return err
	}
	_, ended := t.server.Load().EndSessions(ctx, name, 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tenants[name] != t {
		return unknownUser(name)
	}
	s.serving.Load().RemoveUser(name)
	s.drop(t)
	return ended
}
