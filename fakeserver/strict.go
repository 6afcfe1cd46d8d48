package fakeserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// UnexpectedError names the commands that made no sense and that no rule was for.
type UnexpectedError struct{ Commands []string }

func (e *UnexpectedError) Error() string {
	return "commands that made no sense: " + strings.Join(e.Commands, "; ")
}

// OpenError names the sessions that the client has left open.
type OpenError struct{ Sessions []int }

func (e *OpenError) Error() string {
	return "sessions left open: " + strings.Trim(fmt.Sprint(e.Sessions), "[]")
}

// goodbye is how long a strict server waits for clients that have just gone.
const goodbye = time.Second

// maxTold is how many commands or failures Close tells of.
const maxTold = 20

// unexpected keeps a command for Close when the server is strict.
func (s *Server) unexpected(x *Exchange) {
	if !s.o.Strict {
		return
	}
	c := x.shown(x.Session.record.line(x, x.Line != nil, x.secret))
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.senseless) < maxTold {
		s.senseless = append(s.senseless, fmt.Sprintf("session %d: %s", x.Session.number, c))
	}
}

// fail keeps the error of an action for Close.
func (s *Server) fail(x *Exchange, err error) {
	s.o.Log.Error("action failed", "session", x.Session.number, "verb", x.Verb, "error", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failures) < maxTold {
		s.failures = append(s.failures, fmt.Errorf("session %d, %s: %w", x.Session.number, x.Verb, err))
	}
}

// leftOpen are the sessions that nobody has closed, when the server is strict.
func (s *Server) leftOpen() error {
	if !s.o.Strict {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if s.Wait(ctx) == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []int
	for session := range s.sessions {
		open = append(open, session.number)
	}
	if open == nil {
		return nil
	}
	slices.Sort(open)
	return &OpenError{open}
}

// forgotten is what the author of a test has to be told at the end.
func (s *Server) forgotten() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(slices.Clone(s.failures), s.rules.unmet())
	if s.senseless != nil {
		all = append(all, &UnexpectedError{s.senseless})
	}
	return errors.Join(all...)
}
