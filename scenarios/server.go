package scenarios

import (
	"crypto/tls"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fixtures"
)

// transcriptOctets limits the transcript of one session that is judged.
const transcriptOctets = 4 << 20

// Play is a server that plays a scenario. It embeds a *fakeserver.Server, so rules that On adds
// come before those of the scenario.
type Play struct {
	*fakeserver.Server
	// Maildrop is the maildrop of the users that have none of their own.
	Maildrop *fakeserver.Maildrop
	// Authority is the authority that signs the good certificate; nil without TLS.
	Authority *fixtures.CA

	scenario *Scenario
	gathered
	uids   []string // of the maildrop's messages at the beginning
	played []*fakeserver.Rule

	mailboxes []Mailbox
}

// Scenario returns the scenario that is played.
func (p *Play) Scenario() *Scenario { return p.scenario }

// UIDs returns the unique-ids that the scenario's mailbox had at the beginning.
func (p *Play) UIDs() []string { return slices.Clone(p.uids) }

// MaildropOf returns the maildrop of a user: the user's own, or else the one that all other users
// share.
func (p *Play) MaildropOf(user string) *fakeserver.Maildrop {
	for _, m := range p.mailboxes {
		if slices.Contains(m.Users, user) {
			return m.Drop
		}
	}
	return p.Maildrop
}

// ImplicitTLS reports whether connections begin with TLS. If so, serve them with ServeTLS.
func (p *Play) ImplicitTLS() bool { return p.settings.TLS == ImplicitTLS }

// GoodCertificate reports whether the server's certificate is one that a client can trust.
func (p *Play) GoodCertificate() bool {
	return p.settings.Certificate == "" || p.settings.Certificate == Good
}

// Server returns a server that plays the scenario; it does not listen yet. o holds the options that
// a scenario does not set: Log, OnSession, Now, Users and Mechanisms unless the scenario has its
// own, and TLS, whose certificate stands for a good one. A nil o is allowed. The error is of type
// Errors: it describes mistakes in a scenario made in Go.
func (s *Scenario) Server(o *fakeserver.Options) (*Play, error) {
	var errs Errors
	s.check(noFiles(), func(path, format string, args ...any) {
		if len(errs) < maxErrors {
			errs = append(errs, &Error{File: s.name, Text: path + ": " + fmt.Sprintf(format, args...)})
		}
	})
	if errs != nil {
		return nil, errs
	}
	p := &Play{scenario: s}
	var err error
	if p.gathered, err = s.gather(); err != nil {
		return nil, err
	}
	p.Maildrop = fakeserver.NewMaildrop(messages(p.mail)...)
	p.uids = p.Maildrop.UIDs()
	var options fakeserver.Options
	if o != nil {
		options = *o
	}
	p.configure(&options)
	users := options.Users
	if users == nil {
		users = map[string]fakeserver.User{DefaultUser: {}}
	}
	p.watch(users)
	p.Server = fakeserver.New(p.Maildrop, &options)
	for _, r := range slices.Backward(p.rules) { // On puts each at the front
		added := addTo(p.Server, r, pop3Grammar)
		if r.Required || !slices.ContainsFunc(p.rules, func(r Rule) bool { return r.Required }) {
			p.played = append(p.played, added)
		}
	}
	return p, nil
}

// Exercised reports whether the client has met what the scenario is about: all required rules have
// fired; without required rules, any rule has; without rules, there was a session.
func (p *Play) Exercised() bool {
	if len(p.played) == 0 {
		return p.Sessions() > 0
	}
	fired, needed := 0, 1
	for _, r := range p.played {
		if r.Fired() > 0 {
			fired++
		}
	}
	if slices.ContainsFunc(p.rules, func(r Rule) bool { return r.Required }) {
		needed = len(p.played)
	}
	return fired >= needed
}

// configure sets the options of the server as the scenario says.
func (p *Play) configure(o *fakeserver.Options) {
	s := &p.settings
	set(&o.Greeting, s.Greeting)
	set(&o.Implementation, s.Implementation)
	set(&o.LoginDelay, time.Duration(s.LoginDelay))
	set(&o.IdleTimeout, time.Duration(s.IdleTimeout))
	set(&o.LockAfterDrop, time.Duration(s.LockAfterDrop))
	set(&o.LockWait, time.Duration(s.LockWait))
	set(&o.MaxLine, s.MaxLine)
	set(&o.MaxBadCommands, s.MaxBadCommands)
	set(&o.MaxBadLogins, s.MaxBadLogins)
	set(&o.DelayBadLogin, time.Duration(s.DelayBadLogin))
	if deletes := s.Deletes.deletes(); deletes != nil {
		o.Deletes = deletes
	}
	for _, v := range s.Shows {
		o.Views = append(slices.Clip(o.Views), v.view())
	}
	if s.Capabilities != nil {
		o.Capabilities = slices.Clone(s.Capabilities)
	}
	if s.LoginCapabilities != nil {
		o.LoginCapabilities = slices.Clone(s.LoginCapabilities)
	}
	o.Shared = o.Shared || s.Shared
	if s.Mechanisms != nil {
		o.Mechanisms = slices.Clone(s.Mechanisms)
	}
	o.Without = slices.Concat(o.Without, s.Without)
	o.PlaintextNeedsTLS = o.PlaintextNeedsTLS || s.TLS == RequiredTLS
	o.TranscriptOctets = transcriptOctets
	o.TLS = p.certificate(o.TLS)
	if s.NeedsName && o.TLS != nil {
		o.TLS = needsName(o.TLS)
	}
	if p.scenario.Users != nil {
		o.Users = p.users()
	}
	if s.AnyPassword {
		o.Users = anyPassword(o.Users)
	}
}

func set[T comparable](to *T, value T) {
	var zero T
	if value != zero {
		*to = value
	}
}

func (p *Play) users() map[string]fakeserver.User {
	users := map[string]fakeserver.User{}
	for _, u := range p.scenario.Users {
		one := fakeserver.User{Password: u.Password, Token: u.Token}
		if u.Mailbox != nil {
			one.Maildrop = fakeserver.NewMaildrop(messages(u.Mailbox)...)
		}
		users[u.Name] = one
	}
	return users
}

// anyPassword returns the same users with the right to log in with any password; nil stands for the
// default user.
func anyPassword(users map[string]fakeserver.User) map[string]fakeserver.User {
	if users == nil {
		return map[string]fakeserver.User{DefaultUser: {Password: DefaultPassword, AnyPassword: true}}
	}
	all := map[string]fakeserver.User{}
	for name, u := range users {
		u.AnyPassword = true
		all[name] = u
	}
	return all
}

// certificate returns the TLS configuration of the server, or nil when the scenario has no TLS.
// good is the caller's configuration with a good certificate, or nil.
func (p *Play) certificate(good *tls.Config) *tls.Config {
	if p.settings.TLS == "" || p.settings.TLS == NoTLS {
		return nil
	}
	p.Authority = fixtures.NewCA()
	switch p.settings.Certificate {
	case Expired:
		return p.Authority.Expired()
	case OtherName:
		return p.Authority.Server("mail.example.org")
	case SelfSigned:
		return fixtures.SelfSigned()
	}
	if good != nil {
		return good
	}
	return p.Authority.Server()
}

// needsName returns a configuration that fails the handshake of a client that does not name the
// server (RFC 6066 section 3).
func needsName(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if hello.ServerName == "" {
			return nil, errors.New("the client does not name the server (SNI)")
		}
		return nil, nil
	}
	return c
}

// PlaySMTP adds the scenario's rules for SMTP to an SMTP server, in front of the rules that it has.
func (p *Play) PlaySMTP(server *fakeserver.Server) {
	for _, r := range slices.Backward(p.scenario.SMTP) {
		addTo(server, r, smtpGrammar)
	}
}

// addTo puts a rule at the front of the rules of a server.
func addTo(server *fakeserver.Server, r Rule, g grammar) *fakeserver.Rule {
	verb, args, _ := strings.Cut(r.On, " ")
	if verb == "*" {
		verb = ""
	}
	match := fakeserver.Match{Verb: verb, Args: args, Alone: r.Alone, User: r.User, Session: r.Session, Nth: r.Nth, From: r.From, State: r.State.state(), When: r.When}
	answer := fakeserver.Auto
	if r.As != "" {
		answer = fakeserver.As(r.As)
	}
	answer = answer.Before(actions(r.Before)...).After(actions(r.After)...).With(edits(r.Do, g)...)
	if slices.ContainsFunc(r.Do, Step.tells) {
		answer = answer.Telling()
	}
	added := server.On(match, answer).Times(r.Times).Goto(r.Goto).Named(r.On, r.About())
	if r.Required {
		added.Must()
	}
	return added
}

// About describes in a few words what the rule does.
func (r Rule) About() string {
	var done []string
	if r.As != "" {
		done = append(done, "as "+r.As)
	}
	for _, s := range r.Do {
		done = append(done, s.Word)
	}
	for _, a := range slices.Concat(r.Before, r.After) {
		done = append(done, words(a)[slices.IndexFunc(fieldsOf(reflect.TypeOf(a)), func(f field) bool { return !reflect.ValueOf(a).Field(f.index).IsZero() })])
	}
	if r.Goto != "" {
		done = append(done, "goto "+r.Goto)
	}
	return strings.Join(done, ", ")
}
