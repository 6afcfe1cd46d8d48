package fakeserver

import (
	"slices"
	"strings"
	"time"

	"pop3mtm/fakeserver/edit"
)

// Protocol is what a Server speaks instead of POP3: another protocol of command lines and replies, whose replies of
// success begin with a digit of 2 or 3, as SMTP's do. Sessions, rules, edits, TLS, timers and transcripts are the same.
type Protocol interface {
	// Verbs are the commands. After AUTH, lines that begin with none of them are masked in transcripts.
	Verbs() []string
	// Busy is the reply, line end included, to a client that finds as many sessions as Options.MaxSessions.
	Busy() string
	// Begin starts the talk with one client.
	Begin(s *Session) Talk
}

// Talk gives the right answers of one session. Its methods are called from that session's goroutine.
type Talk interface {
	// Answer answers a command, or what has a name but is no command: CONNECT is the greeting, RESPONSE a line of the
	// client inside an AUTH exchange, "." the end of a body; an empty Verb is a line that was too long.
	Answer(x *Exchange) Answer
	// Body takes the next octets of a body, and says how many of them belong to it and whether they end it.
	Body(p []byte) (n int, ended bool)
	// End lets go of everything.
	End()
}

// Answer is the right answer to a command, and what comes of it.
type Answer struct {
	Reply edit.Reply
	// Took is told, before the reply is sent, whether a success is one still after all edits. The reply that it returns
	// is sent instead, unless it is nil. It is not called when Reply is no success.
	Took func(success bool) edit.Reply
	// Next is what follows a success.
	Next Next
	// User has logged in, unless it is empty.
	User string
}

// Next says what a session does after a reply.
type Next int

// What a session may do next.
const (
	NextCommand  Next = iota // read a command
	NextResponse             // read a response of the AUTH exchange
	NextBody                 // read a body, which Talk.Body sees the end of
	NextTLS                  // begin with TLS
	NextEnd                  // close
)

// NewServer makes a server for another protocol than POP3, which listens nowhere yet. Of the options those count that are
// not about POP3's own verbs; users have no maildrop.
func NewServer(p Protocol, o *Options) *Server {
	s := New(nil, o)
	s.protocol = p
	s.verbs = map[string]verb{}
	for _, name := range p.Verbs() {
		s.verbs[name] = verb{name: name}
	}
	return s
}

// Pseudo tells whether the verb is one that no command has: CONNECT, TLS or RESPONSE.
func (x *Exchange) Pseudo() bool { return x.pseudo }

// Offers lists the SASL mechanisms that this client may use now.
func (s *Session) Offers() []string { return s.offers() }

// Denied is the error of a SASL exchange for credentials that are not right.
var Denied = errDenied

// SASL starts the server's side of a mechanism, for the users of Options. ok is false when it is not on offer. The
// functions have the shape of a sasl.Server, and say who has logged in once that is done.
func (s *Session) SASL(name string) (next func(response []byte) (challenge []byte, done bool, err error), user func() string, ok bool) {
	i := slices.IndexFunc(mechanisms(), func(m mechanism) bool { return m.name == strings.ToUpper(name) })
	if i < 0 || !slices.Contains(s.offers(), mechanisms()[i].name) {
		return nil, nil, false
	}
	c := mechanisms()[i].start(s.server)
	return c.next, func() string { return c.who.name }, true
}

// answer is the right answer of the talk.
func (t *dialect) answer(x *Exchange) edit.Reply {
	a := t.talk.Answer(x)
	if a.Reply.Bearing() < edit.Success {
		return a.Reply
	}
	x.told = &a
	return slices.Clone(a.Reply).As(edit.Success)
}

// dialect is a session's talk, and what it waits for.
type dialect struct {
	talk      Talk
	body      bool   // a body is next
	mechanism string // a response for this mechanism is next
}

// settle makes the answer to x count, if it is a success still; edited is what becomes of it.
func (s *Session) settle(x *Exchange, edited edit.Reply) edit.Reply {
	a, success := x.told, edited.Bearing() >= edit.Success
	if a == nil {
		return edited
	}
	if a.Took != nil {
		if instead := a.Took(success); instead != nil {
			edited, success = instead, instead.Bearing() >= edit.Success
		}
	}
	if !success {
		return edited
	}
	if a.User != "" {
		s.name = a.User
	}
	switch a.Next {
	case NextCommand:
	case NextResponse:
		name, _, _ := strings.Cut(x.Args, " ")
		s.dialect.mechanism = strings.ToUpper(name)
	case NextBody:
		s.dialect.body = true
	case NextTLS:
		s.startTLS = true
	case NextEnd:
		s.state = Update
	}
	return edited
}

// readBody reads a body to its end, which counts as the command ".".
func (s *Session) readBody() (*Exchange, error) {
	s.dialect.body = false
	octets := int64(0)
	for {
		if s.in.Buffered() == 0 {
			if err := s.out.flush(); err != nil {
				return nil, err
			}
			if err := s.conn.SetReadDeadline(time.Now().Add(s.server.o.IdleTimeout)); err != nil {
				return nil, err
			}
		}
		p, err := s.in.Peek(max(s.in.Buffered(), 1))
		if err != nil {
			return nil, err
		}
		n, ended := s.dialect.talk.Body(p)
		octets += int64(n)
		if _, err := s.in.Discard(n); err != nil {
			return nil, err
		}
		if ended {
			s.record.received(octets)
			return &Exchange{Verb: ".", Line: []byte("."), Session: s}, nil
		}
	}
}

// received records a body by its size.
func (r *recorder) received(octets int64) {
	if r.limit == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.breakLine()
	r.add("C: ", append(appendNumber([]byte("["), octets), " octets]"...))
}
