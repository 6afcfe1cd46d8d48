package smtpsink

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
)

// transaction holds the parts of a message that go-smtp has accepted. It is the backend of go-smtp;
// the talk reads it.
type transaction struct {
	talk *talk

	mu      sync.Mutex
	from    string
	to      []string
	undone  bool      // a recipient was accepted and then refused
	pending *accepted // after the body, until its reply is known
}

var errNoUser = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user here"}

// errFull returns the refusal of mail for lack of room. RFC 5321 section 4.2.3: 452 is temporary,
// the client tries again.
func errFull(err error) error {
	return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: strings.ToValidUTF8(err.Error(), "?")}
}

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	end, ok := c.Conn().(*pipeEnd)
	if !ok {
		return nil, errors.New("not a connection of this sink")
	}
	return &end.talk.transaction, nil
}

// AuthMechanisms implements smtp.AuthSession.
func (x *transaction) AuthMechanisms() []string { return x.talk.session.Offers() }

// Auth implements smtp.AuthSession.
func (x *transaction) Auth(name string) (sasl.Server, error) {
	next, user, ok := x.talk.session.SASL(name)
	if !ok {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return login(func(response []byte) ([]byte, bool, error) {
		challenge, done, err := next(response)
		if errors.Is(err, fakeserver.ErrDenied) {
			return nil, false, smtp.ErrAuthFailed
		}
		if done {
			x.talk.user = user()
		}
		return challenge, done, err
	}), nil
}

// login is a function in the form of a sasl.Server.
type login func(response []byte) (challenge []byte, done bool, err error)

func (l login) Next(response []byte) ([]byte, bool, error) { return l(response) }

// Mail implements smtp.Session.
func (x *transaction) Mail(from string, o *smtp.MailOptions) error {
	if x.talk.sink.o.RequireAuth && x.talk.user == "" {
		return smtp.ErrAuthRequired
	}
	if err := x.talk.sink.spool.Room(o.Size); err != nil {
		return errFull(err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.from = from
	return nil
}

// Rcpt implements smtp.Session.
func (x *transaction) Rcpt(to string, _ *smtp.RcptOptions) error {
	if x.talk.sink.o.Maildrops != nil {
		if _, ok := x.talk.sink.maildrop(to); !ok {
			return errNoUser
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.to = append(x.to, to)
	return nil
}

// Data implements smtp.Session. The message is delivered once the reply is known.
func (x *transaction) Data(r io.Reader) error {
	body, err := x.talk.sink.spool.Take(r)
	if errors.Is(err, maildrop.ErrFull) {
		return errFull(err)
	}
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.pending = &accepted{Message{From: x.from, Recipients: slices.Clone(x.to)}, body}
	return nil
}

// Reset implements smtp.Session.
func (x *transaction) Reset() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.from, x.to, x.undone = "", nil, false
}

// Logout implements smtp.Session.
func (x *transaction) Logout() error { return nil }

// dropRecipient removes the last recipient.
func (x *transaction) dropRecipient() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.to, x.undone = x.to[:max(len(x.to)-1, 0)], true
}

// forsaken reports whether all recipients were removed.
func (x *transaction) forsaken() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.undone && len(x.to) == 0
}

// forget releases the message whose body has arrived.
func (x *transaction) forget() {
	if m := x.take(); m != nil {
		m.body.Release()
	}
}

// take returns the message whose body has arrived, once; else nil.
func (x *transaction) take() *accepted {
	x.mu.Lock()
	defer x.mu.Unlock()
	m := x.pending
	x.pending = nil
	return m
}
