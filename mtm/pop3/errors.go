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

// ErrClosed is what a session returns after Quit or Close.
var ErrClosed = errors.New("the POP3 session is closed")

// ErrNoTimestamp says that APOP is impossible: the greeting holds no <...> (RFC 1939
// section 7). Nothing was sent.
var ErrNoTimestamp = errors.New("APOP needs a timestamp, and the server's greeting has no timestamp")

// ErrBadTimestamp says that APOP is refused: the greeting's <...> is empty or has octets
// other than printable ASCII, and signing such stamps gives the password away
// (CVE-2007-1558). Nothing was sent.
var ErrBadTimestamp = errors.New("the timestamp in the server's greeting is empty or has unprintable octets, and signing it may reveal the password")

// ErrArgument is wrapped by errors about arguments that cannot be sent: CR, LF or NUL in a
// user name or password, a message number below 1, a negative line count. Nothing was sent,
// and the session stays usable.
var ErrArgument = errors.New("bad argument")

// Greeting stands in the Verb field of errors for the server's first line, which answers no
// command (RFC 1939 section 4).
const Greeting = "greeting"

// ReplyError says that the server refused a command with -ERR. The session stays usable.
type ReplyError struct {
	Verb   string // "RETR", or Greeting
	Number int    // the message number, 0 when the command has none
	Code   string // response code of RFC 2449 section 8 in upper case without brackets ("IN-USE", "SYS/TEMP"), "" when none
	Text   string // what follows, octets that are not text escaped, at most 512 octets
}

func (e *ReplyError) Error() string {
	text := e.Text
	if e.Code != "" {
		text = strings.TrimSpace("[" + e.Code + "] " + text)
	}
	if text == "" {
		text = "without a reason"
	}
	return command{verb: e.Verb, number: e.Number}.String() + ": the server refused: " + text
}

// ProtocolError says that the server's bytes made no sense, or passed a limit.
// The session is spoiled.
type ProtocolError struct {
	Verb     string
	Number   int    // the message number, 0 when the command has none
	Row      int    // the row of a list reply, from 1; 0 = the status line or a body
	Expected string // in words
	Got      string // what came, escaped, cut to about 80 octets; "" for a limit
	Option   string // the field of Options that sets the limit, to be raised if the server is right; "" when no limit was passed
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

// LineError says that the line failed while a command was under way: closed by the server (wraps
// io.ErrUnexpectedEOF), silent for too long (Timeout is true, wraps os.ErrDeadlineExceeded), given
// up by the caller (wraps the context's error and cause), or broken. The session is spoiled.
type LineError struct {
	Verb   string
	Number int           // the message number, 0 when the command has none
	Wait   time.Duration // how long the server was waited for; 0 when that was not the cause
	Rate   int64         // Options.MinRate, when the server sent less; else 0
	Whole  int64         // octets of the message that came, when these are all that LIST says and only its end is missing; else 0
	Got    string        // what came before, and made no sense, escaped; "" is the rule
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
		return fmt.Sprintf("the server did not end %s for %v, after the %d octets that LIST says: the closing dot is missing", c, e.Wait, e.Whole)
	case e.Wait > 0:
		return fmt.Sprintf("the server did not go on with %s for %v", c, e.Wait)
	case errors.Is(e.Err, io.ErrUnexpectedEOF):
		return "the server closed the line during " + c
	case errors.Is(e.Err, context.Canceled), errors.Is(e.Err, context.DeadlineExceeded):
		return "given up during " + c + ": " + e.Err.Error()
	}
	return "the line broke during " + c + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *LineError) Unwrap() error { return e.Err }

// Timeout reports whether the server was silent for longer than Options.Timeout, or
// slower than Options.MinRate.
func (e *LineError) Timeout() bool { return e.Wait > 0 || e.Rate > 0 }

// lineError sorts out why reading or writing failed.
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

// What a response code means (RFC 2449 section 8, RFC 3206): errors.Is finds
// these in a *ReplyError.
var (
	ErrInUse       = errors.New("another session has the mailbox open")                        // IN-USE
	ErrLoginDelay  = errors.New("the last login was too short a time ago")                     // LOGIN-DELAY
	ErrTemporary   = errors.New("the server cannot serve the mailbox for now")                 // SYS/TEMP
	ErrPermanent   = errors.New("the server cannot serve the mailbox until somebody mends it") // SYS/PERM
	ErrCredentials = errors.New("the user name or the password is wrong")                      // AUTH
)

// Unwrap gives the meaning of the response code, nil without one or when it is unknown. RFC 2449
// section 8: a code may be refined after a slash.
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
