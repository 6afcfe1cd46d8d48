package client

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/sobek"

	"pop3mtm/mtm/pop3"
)

// Mechanisms beside those of SASL.
const (
	byUser = "USER"
	byApop = "APOP"
)

// mechanisms returns what login takes.
func mechanisms() []string {
	names := []string{byUser, byApop}
	for _, m := range pop3.Mechanisms() {
		names = append(names, m.Name)
	}
	return names
}

// Login logs in: login(user, secret, mechanism). The secret is a password, or the token of
// XOAUTH2 and OAUTHBEARER. Then it asks for the capabilities, unless the window is 1: PIPELINING
// opens it.
func (s *Session) Login(c sobek.FunctionCall) sobek.Value {
	return s.method("login", c, func(ctx context.Context, c call) (any, error) {
		if err := c.most(3); err != nil {
			return nil, err
		}
		user, err := c.text(0, "the user")
		if err != nil {
			return nil, err
		}
		secret, err := c.text(1, "the password")
		if err != nil {
			return nil, err
		}
		mechanism := byUser
		if !sobek.IsUndefined(c.at(2)) {
			if mechanism, err = c.text(2, "the mechanism"); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(mechanisms(), mechanism) {
			return nil, fmt.Errorf("unknown mechanism %q: known are %s", mechanism, strings.Join(mechanisms(), ", "))
		}
		if err := s.login(ctx, user, secret, mechanism); err != nil {
			return nil, err
		}
		s.user = user
		if s.settings.window == 1 {
			return nil, nil
		}
		return nil, s.timed(ctx, "CAPA", func() error {
			_, err := s.line.Capa(ctx)
			return err
		})
	})
}

func (s *Session) login(ctx context.Context, user, secret, mechanism string) error {
	switch mechanism {
	case byUser:
		if err := s.timed(ctx, "USER", func() error { return s.line.User(ctx, user) }); err != nil {
			return err
		}
		return s.timed(ctx, "PASS", func() error { return s.line.Pass(ctx, secret) })
	case byApop:
		return s.timed(ctx, "APOP", func() error { return s.line.Apop(ctx, user, secret) })
	}
	all := pop3.Mechanisms()
	m := all[slices.IndexFunc(all, func(m pop3.Mechanism) bool { return m.Name == mechanism })]
	with := pop3.Credentials{User: user, Password: secret}
	if m.Bearer {
		with.Password, with.Token = "", secret
	}
	return s.timed(ctx, "AUTH", func() error { return s.line.Auth(ctx, m.Client(with)) })
}
