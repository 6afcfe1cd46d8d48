package control

import (
	"context"
	"net/http"
	"slices"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios"
)

// ExpectWords holds expectations in the format of scenario files.
type ExpectWords struct{ scenarios.Expect }

// Expect returns what is expected of the client of a user.
func (s *Service) Expect(_ context.Context, user string) (*ExpectWords, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.expect == nil {
		return &ExpectWords{}, nil
	}
	return &ExpectWords{*t.expect}, nil
}

// SetExpect replaces what is expected of the client of a user. words has the form of the key expect
// of a scenario, as YAML or JSON.
func (s *Service) SetExpect(_ context.Context, user string, words []byte) (*ExpectWords, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	expect, err := scenarios.ParseExpect(words)
	if err != nil {
		return nil, wrongWords(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expect = expect
	return &ExpectWords{*expect}, nil
}

// closing limits the time that a verdict waits for a client that has just sent QUIT.
const closing = 200 * time.Millisecond

// Verdict judges all sessions of a user since creation or reset.
func (s *Service) Verdict(ctx context.Context, user string) (*scenarios.Verdict, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, closing)
	defer cancel()
	_ = t.server.Load().WaitFor(waiting, t.idle()) // the verdict reports open sessions
	transcripts, lost := t.server.Load().UserTranscripts(user)
	t.mu.Lock()
	defer t.mu.Unlock()
	h := scenarios.Happened{Transcripts: transcripts, Lost: lost, Mailboxes: slices.Clone(t.boxes)}
	for i := range h.Transcripts {
		h.Transcripts[i].Session = h.Transcripts[i].Visit
	}
	if t.boxes == nil {
		h.Mailboxes = []scenarios.Mailbox{{Users: []string{user}, Drop: t.drop, IDs: t.ids()}}
	}
	judged := user
	if t.own != nil {
		judged = "" // sessions that have named nobody count too
	}
	for i := range h.Mailboxes {
		h.Mailboxes[i].Judged = []string{judged}
	}
	for _, r := range t.rules {
		if r.words.Required && r.added.Fired() == 0 {
			h.Unmet = append(h.Unmet, r.words.On)
		}
	}
	var expected []scenarios.Expectation
	if t.expect != nil {
		expected = append(expected, scenarios.Expectation{User: judged, Expect: *t.expect})
	}
	if t.own != nil {
		now := t.own.current.Load()
		expected = append(expected, now.expected...)
		if now.boxes != nil {
			h.Mailboxes = slices.Clone(now.boxes)
		}
		for i := range h.Mailboxes {
			if m := &h.Mailboxes[i]; m.Drop == nil {
				m.Drop, m.IDs = t.drop, t.ids()
			}
		}
	}
	return scenarios.Judge(t.scenario, expected, h), nil
}

// idle is met when no session of the user is open.
func (t *tenant) idle() fakeserver.Condition {
	return fakeserver.Condition{What: "the end of all sessions", User: t.name, Met: func(server *fakeserver.Server) bool { return server.OpenSessions(t.name) == 0 }}
}

// Awaited says what a caller waits for: exactly one field is set.
type Awaited struct {
	Command string `json:"command,omitempty" maxLength:"300" doc:"A command of the client: a verb with any arguments, or a verb and arguments, in which * stands for any text" example:"DELE 1"`
	Session int    `json:"session,omitempty" minimum:"1" doc:"The end of the session with this number"`
	Ended   int    `json:"ended,omitempty" minimum:"1" doc:"The end of this many sessions"`
	Kept    string `json:"kept,omitempty" maxLength:"70" doc:"The end of a session after which the mailbox has the message with this unique-id" example:"a1"`
	Gone    string `json:"gone,omitempty" maxLength:"70" doc:"That the mailbox no longer has the message with this unique-id" example:"a1"`
	Count   *int   `json:"count,omitempty" minimum:"0" doc:"That the mailbox has this many messages" example:"0"`
	State   string `json:"state,omitempty" maxLength:"100" doc:"That the named state is this one"`
}

// Wait describes something to wait for. What has happened since creation or reset counts too.
type Wait struct {
	For     Awaited `json:"for" doc:"What to wait for: exactly one thing"`
	Times   int     `json:"times,omitempty" minimum:"1" maximum:"1000000" doc:"How often the command must come. Default: once"`
	Timeout string  `json:"timeout,omitempty" maxLength:"20" doc:"How long to wait at most, up to 10m. Default: 10s" example:"5s"`
}

// Waited is the answer when the awaited event has happened.
type Waited struct {
	After string `json:"after" doc:"How long it took" example:"12ms"`
}

// maxWait limits the time to wait.
const maxWait = 10 * time.Minute

// Wait blocks until something has happened in the sessions or the mailbox of a user. It fails with
// the status 408 when it has not happened in time.
func (s *Service) Wait(ctx context.Context, user string, in Wait) (*Waited, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	long := 10 * time.Second
	if in.Timeout != "" {
		if long, err = time.ParseDuration(in.Timeout); err != nil || long < 0 || long > maxWait {
			return nil, problem(http.StatusUnprocessableEntity, "timeout is a time such as 500ms or 5s, up to 10m, not %q", clip(in.Timeout))
		}
	}
	condition, err := t.condition(in)
	if err != nil {
		return nil, err
	}
	release, err := s.waits()
	if err != nil {
		return nil, err
	}
	defer release()
	begin := time.Now()
	waiting, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	if err := t.server.Load().WaitFor(waiting, condition); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, problem(http.StatusRequestTimeout, "%s has not come within %v", condition.What, long)
	}
	return &Waited{After: time.Since(begin).Round(time.Microsecond).String()}, nil
}
