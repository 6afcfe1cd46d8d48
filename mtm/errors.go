package mtm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// The causes of a failed operation: errors.Is(err, mtm.ErrInvalidLogin). Each has the original's
// number (behaviour section 3).
const (
	ErrNotFound             = symbian.ErrNotFound             // no such entry
	ErrUnknown              = symbian.ErrUnknown              // a cause for which the original has no number
	ErrCancelled            = symbian.ErrCancelled            // Cancel, Disconnect or the context ended it
	ErrNotSupported         = symbian.ErrNotSupported         // the MTM has no such function
	ErrArgument             = symbian.ErrArgument             // invalid settings or parameters
	ErrInUse                = symbian.ErrInUse                // another program holds the mailbox or the store, or a name exists
	ErrBusy                 = symbian.ErrBusy                 // another operation runs on this client
	ErrDiskFull             = symbian.ErrDiskFull             // the disk is full
	ErrTimedOut             = symbian.ErrTimedOut             // the server did not answer in time
	ErrDisconnected         = symbian.ErrDisconnected         // not connected, or the connection broke
	ErrCannotConnect        = symbian.ErrCannotConnect        // no server answers, or it refuses the client in its greeting
	ErrInvalidUser          = symbian.ErrInvalidUser          // USER was refused
	ErrInvalidLogin         = symbian.ErrInvalidLogin         // PASS was refused
	ErrNoTimestamp          = symbian.ErrNoTimestamp          // APOP is set and the greeting has no timestamp
	ErrServer               = symbian.ErrServer               // the server refused a step or sent an invalid reply
	ErrCannotOpenService    = symbian.ErrCannotOpenService    // the service entry is not an account
	ErrInvalidAPOP          = symbian.ErrInvalidAPOP          // APOP was refused
	ErrAuthenticationFailed = symbian.ErrAuthenticationFailed // the server offers no way to log in that the settings permit
	ErrTop                  = symbian.ErrTop                  // headers cannot be fetched
	ErrHostNotFound         = symbian.ErrHostNotFound         // the host name does not resolve
	ErrTLSRefused           = symbian.ErrTLSRefused           // STLS was refused, or the certificate is not trusted
	ErrTLSFailed            = symbian.ErrTLSFailed            // the TLS handshake failed
	ErrAlreadyConnected     = symbian.ErrAlreadyConnected     // connect while connected
	ErrAccessDenied         = symbian.ErrAccessDenied         // SMTP: 550, 553 or 554
	ErrNoMailFrom           = symbian.ErrNoMailFrom           // SMTP: the sender is not a valid address
	ErrBadMailFrom          = symbian.ErrBadMailFrom          // SMTP: MAIL was refused
	ErrBadRcptTo            = symbian.ErrBadRcptTo            // SMTP: RCPT was refused, or an address is not valid
	ErrLoginRefused         = symbian.ErrLoginRefused         // SMTP: AUTH was refused
	ErrNothingToSend        = symbian.ErrNothingToSend        // SMTP: no message waits to be sent
	ErrSMTPTLS              = symbian.ErrSMTPTLS              // SMTP: STARTTLS was refused, or the handshake failed
	ErrBufferOverflow       = symbian.ErrBufferOverflow       // SMTP: a reply is too long
)

// Error reports which step of which command failed, and why. errors.Is and
// errors.As find Code and Err.
type Error struct {
	Command string       // "connect", "get mail", ...
	Step    string       // "logging in", "fetching messages", ...; may be empty
	Code    symbian.Code // the original's number; never symbian.None
	Err     error        // the cause; nil when Code says everything
	Failed  []Failure    // messages that failed while the others were handled
}

// Failure describes a message that an operation could not handle.
type Failure struct {
	ID      store.ID // its entry in the mailbox
	UID     string   // the server's UID for it
	Number  int      // the server's number for it in that connection, 0 when there was none
	Subject string   // of its entry
	Visits  int      // connections that it broke, see GetMail
	Err     error    // the server's reply, or the cause
}

// Error returns one line with the command, the step and the cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Command)
	if e.Step != "" {
		b.WriteString(", " + e.Step)
	}
	b.WriteString(": " + e.Code.Error())
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if first := slices.IndexFunc(e.Failed, func(f Failure) bool { return f.Err == e.Err }); first >= 0 { //nolint:errorlint // the same value: it is in the text already
		if len(e.Failed) > 1 {
			fmt.Fprintf(&b, ": %d messages failed", len(e.Failed))
		}
	} else if len(e.Failed) > 0 {
		first := e.Failed[0]
		fmt.Fprintf(&b, ": %s failed, the first is %q: %v", english.Plural(len(e.Failed), "message", ""), first.UID, first.Err)
	}
	return b.String()
}

// Unwrap returns the code and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Err}
}

// Code returns the original's number for err: 0 for nil, -2 (unknown) for an error without a
// number.
func Code(err error) int {
	if err == nil {
		return int(symbian.None)
	}
	if code, ok := errors.AsType[symbian.Code](err); ok {
		return int(code)
	}
	return int(symbian.ErrUnknown)
}
