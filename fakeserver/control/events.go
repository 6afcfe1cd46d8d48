package control

import (
	"context"
	"errors"
	"net/http"
	"time"

	"pop3mtm/fakeserver"
)

// Event is something that has happened in a session of a user.
type Event struct {
	Kind    string `json:"kind" enum:"session,line,rule,end" doc:"A session has begun, a line was sent, a rule answers the line before, the session has ended"`
	Session int    `json:"session" doc:"The number of the session, from 1"`
	// Index is the index of the line in the transcript.
	Index int    `json:"index" doc:"The place of the line in the transcript, without counting rules"`
	From  string `json:"from,omitempty" enum:"client,server,remark" doc:"Who sent the line"`
	Text  string `json:"text,omitempty" doc:"The line without its end, passwords masked; for a rule what it does"`
	At    string `json:"at,omitempty" doc:"The time since the client connected" example:"1.204ms"`
	Rule  string `json:"rule,omitempty" doc:"The id of the rule" example:"r1"`
}

// Events calls yield with each event in the sessions of a user, in order, until ctx ends, the user
// is deleted or yield fails. With past it begins with the events since creation or reset. A slow
// yield does not delay sessions.
func (s *Service) Events(ctx context.Context, user string, past bool, yield func(Event) error) error {
	t, err := s.find(user)
	if err != nil {
		return err
	}
	release, err := s.waits()
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := s.untilSucceeded(ctx)
	defer cancel()
	for {
		if err := t.follow(ctx, past, yield); !errors.Is(err, errMoved) {
			return err
		}
		past = true
	}
}

// errMoved is the reason when another server serves the tenant, who has got or lost a port.
var errMoved = errors.New("the user has moved")

// follow is Events for the server that serves the tenant now.
func (t *tenant) follow(ctx context.Context, past bool, yield func(Event) error) error {
	t.mu.Lock()
	f, moved := t.server.Load().Follow(t.name), t.moved
	t.mu.Unlock()
	if f == nil {
		return unknownUser(t.name)
	}
	if !past {
		f.Skip()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-moved:
			cancel(errMoved)
		case <-ctx.Done():
		}
	}()
	for {
		all, err := f.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range all {
			if err := yield(eventOf(e)); err != nil {
				return err
			}
		}
	}
}

// waits counts a waiting operation until release is called. It fails when too many wait.
func (s *Service) waits() (release func(), err error) {
	if n := s.waiting.Add(1); n > int64(s.limits.Waiting) {
		s.waiting.Add(-1)
		return nil, problem(http.StatusTooManyRequests, "%d requests wait or follow events already; try again later", s.limits.Waiting)
	}
	return func() { s.waiting.Add(-1) }, nil
}

func eventOf(e fakeserver.Event) Event {
	out := Event{Kind: string(e.Kind), Session: e.Visit, Index: e.Line}
	if e.At > 0 {
		out.At = e.At.Round(time.Microsecond).String()
	}
	switch e.Kind {
	case fakeserver.LineSent:
		l := lineOf(e.Text)
		out.From, out.Text = l.From, l.Text
	case fakeserver.RuleFired:
		out.Rule, out.Text = e.Rule, e.Fault
	case fakeserver.SessionBegun, fakeserver.SessionEnded:
	}
	return out
}
