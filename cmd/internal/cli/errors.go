package cli

import (
	"errors"
	"fmt"
	"strconv"
)

// The exit statuses of every command.
const (
	Done   = 0 // what was asked for is done
	Failed = 1 // the operation failed
	Wrong  = 2 // wrong usage: flags, arguments, values
)

// Exit ends the command with this status and prints nothing: the command has already told the user
// what happened.
type Exit int

// Error says the status in words.
func (e Exit) Error() string { return "exit status " + strconv.Itoa(int(e)) }

type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// Usage makes an error of wrong usage: Run prints it with a pointer to the help and ends with
// status 2. The format is that of fmt.Errorf, %w included.
func Usage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

type codedError struct {
	code int
	err  error
}

func (e codedError) Error() string { return e.err.Error() }
func (e codedError) Unwrap() error { return e.err }

// Coded gives err the number that the error object of --json carries in "code". A nil err stays
// nil.
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
