package fakeserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// UnexpectedError lists the invalid commands that no rule was for.
type UnexpectedError struct{ Commands []string }

// Error lists the commands.
func (e *UnexpectedError) Error() string {
	return "invalid commands: " + strings.Join(e.Commands, "; ")
}

// OpenError lists the sessions that the client has left open.
type OpenError struct{ Sessions []int }

// Error lists the numbers of the sessions.
func (e *OpenError) Error() string {
	return "sessions left open: " + strings.Trim(fmt.Sprint(e.Sessions), "[]")
}

// maxTold limits the commands and failures that Close reports.
const maxTold = 20

// ledger collects the errors that Server.Close returns to the author of a test.
type ledger struct {
	mu        sync.Mutex
	failures  []error  // of actions
	senseless []string // commands, when the server is strict
}

// unexpected records an invalid command.
func (l *ledger) unexpected(session int, c Command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.senseless) < maxTold {
		l.senseless = append(l.senseless, fmt.Sprintf("session %d: %s", session, c))
	}
}

// fail records the error of an action.
func (l *ledger) fail(session int, verb string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.failures) < maxTold {
		l.failures = append(l.failures, fmt.Errorf("session %d, %s: %w", session, verb, err))
	}
}

// err returns all recorded errors, and unmet, as one error.
func (l *ledger) err(unmet error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := append(slices.Clone(l.failures), unmet)
	if l.senseless != nil {
		all = append(all, &UnexpectedError{l.senseless})
	}
	return errors.Join(all...)
}
