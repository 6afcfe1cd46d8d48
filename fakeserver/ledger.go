package fakeserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// UnexpectedError names the commands that made no sense and that no rule was for.
type UnexpectedError struct{ Commands []string }

// Error lists the commands.
func (e *UnexpectedError) Error() string {
	return "commands that made no sense: " + strings.Join(e.Commands, "; ")
}

// OpenError names the sessions that the client has left open.
type OpenError struct{ Sessions []int }

// Error lists the numbers of the sessions.
func (e *OpenError) Error() string {
	return "sessions left open: " + strings.Trim(fmt.Sprint(e.Sessions), "[]")
}

// maxTold is how many commands or failures Close reports.
const maxTold = 20

// ledger keeps what Server.Close reports to the author of a test.
type ledger struct {
	mu        sync.Mutex
	failures  []error  // of actions
	senseless []string // commands, when the server is strict
}

// unexpected keeps a command that made no sense.
func (l *ledger) unexpected(session int, c Command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.senseless) < maxTold {
		l.senseless = append(l.senseless, fmt.Sprintf("session %d: %s", session, c))
	}
}

// fail keeps the error of an action.
func (l *ledger) fail(session int, verb string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.failures) < maxTold {
		l.failures = append(l.failures, fmt.Errorf("session %d, %s: %w", session, verb, err))
	}
}

// err returns all that was kept, and unmet, as one error.
func (l *ledger) err(unmet error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := append(slices.Clone(l.failures), unmet)
	if l.senseless != nil {
		all = append(all, &UnexpectedError{l.senseless})
	}
	return errors.Join(all...)
}
