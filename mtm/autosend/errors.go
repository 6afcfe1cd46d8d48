package autosend

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"strings"

	"github.com/emersion/go-smtp"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Error reports which step failed, and why. errors.Is and errors.As find Code and Err.
type Error struct {
	Step string
	Code symbian.Code
	Err  error // the cause; nil when Code says everything
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Step + ": " + e.Code.Error()
	}
	return e.Step + ": " + e.Code.Error() + ": " + e.Err.Error()
}

// Unwrap returns the code and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Err}
}

const securing = "starting TLS"

// stepError adds a step, unless the error has one. The end of ctx takes precedence over errors that
// it caused.
func stepError(ctx context.Context, step string, code symbian.Code, err error) error {
	named, ok := errors.AsType[*Error](err)
	if ok {
		step = named.Step
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Error{Step: step, Code: symbian.ErrTimedOut, Err: context.Cause(ctx)}
	case ctx.Err() != nil:
		return &Error{Step: step, Code: symbian.ErrCancelled, Err: context.Cause(ctx)}
	case ok:
		return named
	}
	return &Error{Step: step, Code: code, Err: err}
}

// lineError returns the error of a connection that broke.
func lineError(step string, err error) error {
	code := symbian.ErrDisconnected
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		code = symbian.ErrTimedOut
	case errors.Is(err, errNonsense):
		code = symbian.ErrBufferOverflow
	}
	return &Error{Step: step, Code: code, Err: errors.New(clean(err.Error()))}
}

// answerError returns the error of a step that the server refused, or whose connection broke.
func answerError(step string, code symbian.Code, err error) error {
	if answer, said := errors.AsType[*smtp.SMTPError](err); said {
		return &Error{Step: step, Code: code, Err: errors.New(shown(answer))}
	}
	return lineError(step, err)
}

// tlsError returns the error of a connection that could not be protected.
func tlsError(err error) error {
	err = account.ExplainTLS(err)
	return &Error{Step: securing, Code: symbian.ErrSMTPTLS, Err: &cleanError{clean(err.Error()), err}}
}

// cleanError is an error with a server's text, without its control characters.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string { return e.text }
func (e *cleanError) Unwrap() error { return e.err }

// startError returns the error of the commands up to STARTTLS.
func startError(err error) error {
	if answer, said := errors.AsType[*smtp.SMTPError](err); said {
		code := symbian.ErrSMTPTLS
		if answer.Code == serviceGone || answer.Code == noService {
			code = symbian.ErrCannotConnect
		}
		return &Error{Step: securing, Code: code, Err: errors.New(shown(answer))}
	}
	if isTLS(err) || strings.HasPrefix(err.Error(), "smtp: ") {
		return tlsError(err)
	}
	return lineError(securing, err)
}

// isTLS reports whether an error is of a TLS handshake.
func isTLS(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return true
	}
	_, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok
}

// storeError returns an error of the store with its number.
func storeError(ctx context.Context, step string, err error) error {
	code := symbian.ErrUnknown
	switch {
	case errors.Is(err, store.ErrDiskFull):
		code = symbian.ErrDiskFull
	case errors.Is(err, store.ErrLocked):
		code = symbian.ErrInUse
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		code = symbian.ErrTimedOut
	case ctx.Err() != nil:
		code = symbian.ErrCancelled
	}
	return &Error{Step: step, Code: code, Err: err}
}
