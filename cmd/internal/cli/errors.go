package cli

import (
	"errors"
	"fmt"
	"strconv"
)

// The exit statuses of every command.
const (
	Done   = 0 // success
	Failed = 1 // the operation failed
	Wrong  = 2 // wrong usage: flags, arguments, values
)

// Exit is an error that ends the command with this status. Run prints nothing for it, since the
// command has printed what happened.
type Exit int

// Error returns the status in words.
func (e Exit) Error() string { return "exit status " + strconv.Itoa(int(e)) }

type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// Usage returns an error for wrong usage: Run prints it, refers to the help, and returns status 2.
// The format is that of fmt.Errorf, including %w.
func Usage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

type codedError struct {
	code int
	err  error
}

func (e codedError) Error() string { return e.err.Error() }
func (e codedError) Unwrap() error { return e.err }

// Coded returns err with a number, which --json prints as "code". It returns nil for nil.
func Coded(code int, err error) error {
	if err == nil {
		return nil
	}
	return codedError{code, err}
}

func codeOf(err error) int {
	if c, ok := errors.AsType[codedError](err); ok {
		return c.code
	}
	return 0
}
