package check

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

// MTM is the MTM of this project, run in this process. It is the client that is known to be
// correct.
type MTM struct {
	Move    bool
	TLS     []TLS         // the modes; nil for all
	Timeout time.Duration // for each reply; default 10 s
}

// Modes implements Drive.
func (m MTM) Modes() []TLS {
	if m.TLS == nil {
		return []TLS{PlainLine, UseSTLS, UseImplicit}
	}
	return m.TLS
}

// Abilities implements Drive.
func (MTM) Abilities() []scenarios.Ability { return []scenarios.Ability{scenarios.Statuses} }

// Start implements Drive.
func (m MTM) Start(dir string, e Endpoint) (Client, error) {
	st, err := store.Open(filepath.Join(dir, "store"), nil)
	if err != nil {
		return nil, err
	}
	settings := account.Defaults()
	settings.Host, settings.Port = e.Host, e.Port
	settings.LoginName, settings.Password.Literal = e.User, e.Password
	settings.Auth = account.UserPass
	switch e.TLS {
	case UseSTLS:
		settings.Security = account.Security{TLS: account.STLS, CA: e.CA}
	case UseImplicit:
		settings.Security = account.Security{TLS: account.Implicit, CA: e.CA}
	}
	id, err := mtm.AddAccount(context.Background(), st, "check", settings)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	timeout := m.Timeout
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	box, err := mtm.Open(st, id, &mtm.Options{Timeout: timeout})
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return &phone{box: box, store: st, move: m.Move}, nil
}

// phone is the MTM in one case.
type phone struct {
	box   *mtm.Client
	store *store.Store
	move  bool
}

// Visit implements Client.
func (p *phone) Visit(ctx context.Context, line func() process.Line, idle Waiting) process.Ending {
	get := mtm.GetMail{Which: mtm.New, Link: mtm.ThenDisconnect, Into: store.Inbox}
	if p.move {
		get.Take = mtm.Move
	}
	return inProcess(ctx, line, idle, func(ctx context.Context) error { return p.box.InvokeSync(ctx, get) })
}

// Stored implements Client.
func (p *phone) Stored() ([]stored.Message, error) {
	ctx := context.Background()
	entries, err := p.store.Children(ctx, store.Inbox)
	if err != nil {
		return nil, err
	}
	var all []stored.Message
	for _, e := range entries {
		if e.Body.Kind != store.BodyWhole {
			continue
		}
		body, err := p.store.Body(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		octets, err := io.ReadAll(body)
		if err = errors.Join(err, body.Close()); err != nil {
			return nil, err
		}
		all = append(all, stored.Message{Name: "Inbox/" + e.UID, Octets: octets})
	}
	return all, nil
}

// Close implements Client.
func (p *phone) Close() error { return errors.Join(p.box.Close(), p.store.Close()) }
