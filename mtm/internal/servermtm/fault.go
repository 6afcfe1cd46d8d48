package servermtm

import (
	"context"
	"errors"
	"fmt"
	"os"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Fault reports a failed step, with the original's number.
type Fault struct {
	Step   string // such as "logging in"
	Code   symbian.Code
	Err    error
	Failed []failedMessage
}

// failedMessage describes a message that a step could not handle while it handled the others. mtm
// converts it to mtm.Failure, which has the same fields. There are two types because mtm is above
// this package, and no package that both import is about operations; an alias in mtm would hide the
// fields from users' documentation.
type failedMessage struct {
	ID      store.ID
	UID     string
	Number  int    // message number in the connection in which it was requested, 0 for none
	Subject string // of its entry
	Visits  int    // visits that it broke
	Err     error
}

// broke reports whether the message broke the connection.
func (f failedMessage) broke() bool {
	_, is := errors.AsType[*Broken](f.Err)
	return is
}

func (f *Fault) Error() string {
	if f.Err == nil {
		return f.Step + ": " + f.Code.Error()
	}
	return f.Step + ": " + f.Code.Error() + ": " + f.Err.Error()
}

// Unwrap returns the code and the cause.
func (f *Fault) Unwrap() []error { return []error{f.Code, f.Err} }

// coded is a cause with its own number. Its text does not repeat that of the number.
type coded struct {
	code symbian.Code
	text string
}

func (c *coded) Error() string { return c.text }

// Unwrap returns the code.
func (c *coded) Unwrap() error { return c.code }

// fail returns a Fault with the step and the number for a cause; nil for nil. refused is the number
// for an -ERR in this step (behaviour section 3, "Error by state").
func fail(ctx context.Context, step string, refused symbian.Code, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Fault](err); ok {
		return err
	}
	return &Fault{Step: step, Code: codeOf(ctx, refused, err), Err: err}
}

func codeOf(ctx context.Context, refused symbian.Code, err error) symbian.Code {
	if code, ok := errors.AsType[symbian.Code](err); ok {
		return code
	}
	switch {
	case errors.Is(err, store.ErrDiskFull):
		return symbian.ErrDiskFull
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return symbian.ErrTimedOut
	case ctx.Err() != nil:
		return symbian.ErrCancelled
	case errors.Is(err, store.ErrLocked):
		return symbian.ErrInUse
	case errors.Is(err, store.ErrNotFound):
		return symbian.ErrNotFound
	case errors.Is(err, os.ErrDeadlineExceeded):
		return symbian.ErrTimedOut
	}
	return wireCode(refused, err)
}

func wireCode(refused symbian.Code, err error) symbian.Code {
	if reply, ok := errors.AsType[*pop3.ReplyError](err); ok {
		if reply.Code == "IN-USE" {
			return symbian.ErrInUse
		}
		return refused
	}
	if _, ok := errors.AsType[*pop3.ProtocolError](err); ok {
		return symbian.ErrServer
	}
	if _, ok := errors.AsType[*pop3.LineError](err); ok || errors.Is(err, pop3.ErrClosed) {
		return symbian.ErrDisconnected
	}
	if errors.Is(err, pop3.ErrNoTimestamp) || errors.Is(err, pop3.ErrBadTimestamp) {
		return symbian.ErrNoTimestamp
	}
	return symbian.ErrUnknown
}

// Broken reports a message that was not fetched because it broke the connection.
type Broken struct {
	ID      store.ID
	Number  int
	Subject string
	Visits  int   // visits that it has broken so far
	Err     error // the error, or why it was not requested
}

func (b *Broken) Error() string {
	text := fmt.Sprintf("message %d", b.Number)
	if b.ID != 0 {
		text = fmt.Sprintf("entry %d, %s", b.ID, text)
	}
	if b.Subject != "" {
		text += fmt.Sprintf(", %.*q", maxSubject, b.Subject)
	}
	times := "once"
	if b.Visits > 1 {
		times = fmt.Sprintf("%d times", b.Visits)
	}
	return fmt.Sprintf("%s: broke the connection %s: %v", text, times, b.Err)
}

// Unwrap returns the cause.
func (b *Broken) Unwrap() error { return b.Err }

// maxSubject limits the subject in an error, in octets.
const maxSubject = 80

func failureOf(uid string, b *Broken) failedMessage {
	return failedMessage{ID: b.ID, UID: uid, Number: b.Number, Subject: b.Subject, Visits: b.Visits, Err: b}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// againError reports that a connection broke and that another one could not be made.
type againError struct{ broke, again error }

func (e *againError) Error() string {
	return e.broke.Error() + "; connecting again: " + e.again.Error()
}

// Unwrap returns the first error.
func (e *againError) Unwrap() error { return e.broke }
