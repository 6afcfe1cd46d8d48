package scenarios

import (
	"slices"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

// Alone holds a scenario for a server that nobody else uses, so that the greeting, TLS and the
// users can be those of the scenario too.
type Alone struct {
	// Options are those of the server. Without users of its own the scenario takes those given.
	Options fakeserver.Options
	// ImplicitTLS reports whether connections begin with TLS.
	ImplicitTLS bool
	// Authority signs a good certificate; nil without TLS.
	Authority *fixtures.CA
	// Mail is that of the scenario; nil when it has none.
	Mail []maildrop.Message
	// Rules are those of the scenario, its quirks and its profile, in order.
	Rules []Rule
	// Logins are the scenario's users, without their mail.
	Logins []User
	// Boxes are the mailboxes of its users, without a maildrop where that is the server's, and
	// Expected is what is expected of the sessions of single users.
	Boxes    []Mailbox
	Expected []Expectation

	play *Play
}

// Alone returns the scenario for a server with these options.
func (s *Scenario) Alone(o fakeserver.Options) (*Alone, error) {
	p := &Play{scenario: s}
	var err error
	if p.gathered, err = s.gather(); err != nil {
		return nil, err
	}
	p.configure(&o)
	out := &Alone{Options: o, ImplicitTLS: p.ImplicitTLS(), Authority: p.Authority, Rules: p.rules, play: p}
	if p.mail != nil {
		if out.Mail = messages(p.mail); out.Mail == nil {
			out.Mail = []maildrop.Message{}
		}
	}
	for _, u := range s.Users {
		out.Logins = append(out.Logins, User{Name: u.Name, Password: u.Password, Token: u.Token})
		if u.Expect != nil {
			out.Expected = append(out.Expected, Expectation{u.Name, *u.Expect})
		}
		out.addBox(u, o.Users[u.Name].Maildrop)
	}
	return out, nil
}

// SpeaksSMTP reports whether the scenario has rules for SMTP.
func (a *Alone) SpeaksSMTP() bool { return len(a.play.scenario.SMTP) > 0 }

// PlaySMTP adds the rules for SMTP to a server of that protocol.
func (a *Alone) PlaySMTP(server *fakeserver.Server) { a.play.PlaySMTP(server) }

// addBox adds the mailbox of a user, who may share that of the server with others.
func (a *Alone) addBox(u User, drop *fakeserver.Maildrop) {
	box := Mailbox{Drop: drop, Suffixes: renewals(a.Rules)}
	at := slices.IndexFunc(a.Boxes, func(m Mailbox) bool { return drop == nil && m.Drop == nil })
	if at < 0 {
		if drop != nil {
			box.IDs = drop.UIDs()
		}
		at, a.Boxes = len(a.Boxes), append(a.Boxes, box)
	}
	a.Boxes[at].takeUser(u.Name, []User{{Name: u.Name, Expect: u.Expect}})
}
