package pop3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// ErrClosed is returned by a session after Quit or Close.
var ErrClosed = errors.New("the POP3 session is closed")

// ErrNoTimestamp is returned by Apop, before it sends anything, when the greeting contains no <...>
// (RFC 1939 section 7).
var ErrNoTimestamp = errors.New("cannot use APOP: the server's greeting has no timestamp")

// ErrBadTimestamp is returned by Apop, before it sends anything, when the greeting's <...> is empty
// or contains octets other than printable ASCII. Signing such timestamps reveals the password
// (CVE-2007-1558).
var ErrBadTimestamp = errors.New("cannot use APOP: the timestamp in the server's greeting is empty or has unprintable octets, and signing it may reveal the password")

// ErrArgument is wrapped by errors about arguments that cannot be sent: CR, LF or NUL in a user
// name or password, a message number below 1, a negative line count. Nothing is sent, and the
// session stays usable.
var ErrArgument = errors.New("invalid argument")

// Greeting is the Verb of errors about the server's first line, which answers no command (RFC 1939
// section 4).
const Greeting = "greeting"

// ReplyError reports that the server refused a command with -ERR. The session stays usable.
type ReplyError struct {
	Verb   string // "RETR", or Greeting
	Number int    // the message number, 0 when the command has none
	Code   string // response code of RFC 2449 section 8 in upper case without brackets ("IN-USE", "SYS/TEMP"), "" without one
	Text   string // the rest of the line, at most 512 octets, with unprintable octets escaped
}

func (e *ReplyError) Error() string {
	text := e.Text
	if e.Code != "" {
		text = strings.TrimSpace("[" + e.Code + "] " + text)
	}
	if text == "" {
		text = "no reason given"
	}
	return command{verb: e.Verb, number: e.Number}.String() + ": the server refused: " + text
}

// ProtocolError reports that a reply was invalid or exceeded a limit. The session is spoiled.
type ProtocolError struct {
	Verb     string
	Number   int    // the message number, 0 when the command has none
	Row      int    // the row of a list reply, from 1; 0 for the status line or a body
	Expected string // what would have been valid, in words
	Got      string // the octets received, escaped, at most about 80; "" for a limit
	Option   string // the field of Options that sets the exceeded limit; "" when no limit was exceeded
}

func (e *ProtocolError) Error() string {
	var b strings.Builder
	b.WriteString(command{verb: e.Verb, number: e.Number}.String())
	if e.Row > 0 {
		b.WriteString(": row " + strconv.Itoa(e.Row))
	}
	b.WriteString(": expected " + e.Expected)
	if e.Option != "" {
		b.WriteString(", a limit of this client")
		return b.String()
	}
	b.WriteString(`, got "` + e.Got + `"`)
	return b.String()
}

// LineError reports that the connection failed during a command. Err says how, and wraps
// io.ErrUnexpectedEOF when the server closed it, os.ErrDeadlineExceeded after a timeout, or the
// context's error and cause when the caller cancelled. The session is spoiled.
type LineError struct {
	Verb   string
	Number int           // the message number, 0 when the command has none
	Wait   time.Duration // how long the server was silent; 0 when that was not the cause
	Rate   int64         // Options.MinRate when the server sent more slowly; else 0
	Whole  int64         // octets of a message that came in its full size and lacks only the closing dot; else 0
	Got    string        // an invalid reply that came before, escaped; usually ""
	Err    error
}

func (e *LineError) Error() string {
	c := command{verb: e.Verb, number: e.Number}.String()
	if e.Got != "" {
		c += ` after "` + e.Got + `"`
	}
	rest, isRest := errors.AsType[*restError](e.Err)
	switch {
	case isRest:
		return rest.Error()
	case errors.Is(e.Err, ErrDrop):
		return e.Err.Error()
	case e.Rate > 0:
		return fmt.Sprintf("the server sends less than %d octets a second during %s", e.Rate, c)
	case e.Wait > 0 && e.Verb == Greeting:
		return fmt.Sprintf("no greeting from the server for %v", e.Wait)
	case e.Whole > 0:
		return fmt.Sprintf("the closing dot of %s is missing: no data from the server for %v after %d octets, the size in LIST", c, e.Wait, e.Whole)
	case e.Wait > 0:
		return fmt.Sprintf("no data from the server for %v during %s", e.Wait, c)
	case errors.Is(e.Err, io.ErrUnexpectedEOF):
		return "the server closed the connection during " + c
	case errors.Is(e.Err, context.Canceled), errors.Is(e.Err, context.DeadlineExceeded):
		return "cancelled during " + c + ": " + e.Err.Error()
	}
	return "the connection broke during " + c + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *LineError) Unwrap() error { return e.Err }

// Timeout reports whether the server was silent for Options.Timeout, or slower than
// Options.MinRate.
func (e *LineError) Timeout() bool { return e.Wait > 0 || e.Rate > 0 }

// lineError returns a LineError for err, the reason why reading or writing failed.
func lineError(ctx context.Context, c command, wait time.Duration, err error) *LineError {
	e := &LineError{Verb: c.verb, Number: c.number, Err: err}
	var netErr net.Error
	slow, isSlow := errors.AsType[*slowError](err)
	switch {
	case ctx.Err() != nil:
		e.Err = ctx.Err()
		if cause := context.Cause(ctx); errors.Is(cause, e.Err) {
			e.Err = cause // it says more
		} else {
			e.Err = fmt.Errorf("%w: %w", e.Err, cause)
		}
	case isSlow:
		e.Rate = slow.rate
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		e.Wait = wait
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			e.Err = fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, err)
		}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe):
		e.Err = io.ErrUnexpectedEOF
	}
	return e
}

// The meanings of response codes (RFC 2449 section 8, RFC 3206). Use errors.Is to find them in a
// *ReplyError.
var (
	ErrInUse       = errors.New("another session has the mailbox open")                              // IN-USE
	ErrLoginDelay  = errors.New("login too soon after the previous one")                             // LOGIN-DELAY
	ErrTemporary   = errors.New("the mailbox is temporarily unavailable")                            // SYS/TEMP
	ErrPermanent   = errors.New("the mailbox is unavailable until the server's operator repairs it") // SYS/PERM
	ErrCredentials = errors.New("the user name or the password is wrong")                            // AUTH
)

// Unwrap returns the meaning of the response code, or nil when there is no known one. RFC 2449
// section 8: a slash and more detail may follow a code.
func (e *ReplyError) Unwrap() error {
	for _, known := range []struct {
		code string
		err  error
	}{
		{"IN-USE", ErrInUse}, {"LOGIN-DELAY", ErrLoginDelay}, {"SYS/TEMP", ErrTemporary}, {"SYS/PERM", ErrPermanent},
		{"AUTH", ErrCredentials},
	} {
		if rest, ok := strings.CutPrefix(e.Code, known.code); ok && (rest == "" || rest[0] == '/') {
			return known.err
		}
	}
	return nil
}
