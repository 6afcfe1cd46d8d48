package mtm

import (
	"errors"
	"fmt"
	"strings"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// The causes that an operation can end with: errors.Is(err, mtm.ErrInvalidLogin).
// Each is the original's number (behaviour section 3).
const (
	ErrNotFound             = progress.NotFound               // an entry is not there
	ErrUnknown              = progress.Unknown                // a cause without a number of its own
	ErrCancelled            = progress.Cancelled              // Cancel, Disconnect or the context ended it
	ErrNotSupported         = progress.NotSupported           // the MTM has no such function
	ErrArgument             = progress.Argument               // settings or parameters that cannot work
	ErrInUse                = progress.InUse                  // the mailbox or the store is locked by another program
	ErrBusy                 = progress.ServerBusy             // another operation runs on this client
	ErrDiskFull             = progress.DiskFull               // no room for what was asked
	ErrTimedOut             = progress.TimedOut               // the server did not answer in time
	ErrDisconnected         = progress.NotConnected           // there is no connection, or it was lost
	ErrCannotConnect        = progress.CannotConnect          // nobody answers, or the greeting refuses us
	ErrInvalidUser          = progress.InvalidUser            // USER was refused
	ErrInvalidLogin         = progress.InvalidLogin           // PASS was refused
	ErrNoTimestamp          = progress.NoTimestamp            // APOP is set and the greeting has no timestamp
	ErrServer               = progress.ServerProblem          // the server refused a step or sent nonsense
	ErrCannotOpenService    = progress.CannotOpenService      // the service entry is no account
	ErrInvalidAPOP          = progress.InvalidAPOPLogin       // APOP was refused
	ErrAuthenticationFailed = progress.AuthenticationFailed   // no permitted way to log in
	ErrTop                  = progress.TopFailed              // headers cannot be had
	ErrHostNotFound         = progress.HostNotFound           // the host name does not resolve
	ErrTLSRefused           = progress.SSLTLSNegotiateFailed  // STLS was refused, or the certificate is not trusted
	ErrTLSFailed            = progress.TLSNegotiateFailed     // the two sides cannot agree on TLS
	ErrAlreadyConnected     = progress.ServerAlreadyConnected // connect on a line that is up
	ErrAccessDenied         = progress.AccessDenied           // SMTP: 550, 553 or 554
	ErrNoMailFrom           = progress.NoMailFrom             // SMTP: the sender cannot be sent
	ErrBadMailFrom          = progress.BadMailFrom            // SMTP: MAIL was refused
	ErrBadRcptTo            = progress.BadRcptTo              // SMTP: RCPT was refused, or an address cannot be sent
	ErrLoginRefused         = progress.LoginRefused           // SMTP: AUTH was refused
	ErrNothingToSend        = progress.NothingToSend          // SMTP: nothing waits
	ErrSMTPTLS              = progress.SMTPTLSFailed          // SMTP: STARTTLS was refused, or the handshake failed
	ErrBufferOverflow       = progress.BufferOverflow         // SMTP: a reply without end
)

// Error says which step of which command failed and why. Code is the original's
// number; Err is the cause, for errors.Is and errors.As.
type Error struct {
	Command string        // "connect", "get mail", ...
	Step    string        // "logging in", "fetching messages", ...; may be empty
	Code    progress.Code // never progress.None
	Err     error         // what happened; may be nil when Code says it all
	Failed  []Failure     // messages that failed while the rest went on
}

// Failure is one message that an operation could not take.
type Failure struct {
	ID  store.ID // its entry in the mailbox
	UID string   // the server's UID for it
	Err error    // what the server said
}

// Error is one line: command, step, cause.
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
	if len(e.Failed) > 0 {
		first := e.Failed[0]
		fmt.Fprintf(&b, ": %d message(s) failed, the first is %q: %v", len(e.Failed), first.UID, first.Err)
	}
	return b.String()
}

// Unwrap gives the code and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Err}
}

// Code is the original's number for err: 0 for nil, -2 (unknown) for an error
// without one.
func Code(err error) int {
	if err == nil {
		return int(progress.None)
	}
	if code, ok := errors.AsType[progress.Code](err); ok {
		return int(code)
	}
	return int(progress.Unknown)
}
