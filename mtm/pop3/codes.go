package pop3

import (
	"errors"
	"strings"
)

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
