package pop3

import (
	"errors"
	"fmt"
	"io"
)

// ErrDrop asks, wrapped by a writer's or sink's error, to end the session rather than read the rest
// of the message, unless all of it has come already.
var ErrDrop = errors.New("the connection is no longer needed")

// allowance limits what is read after a writer failed and before the caller's next command.
type allowance struct {
	cause error // the writer's error; nil for no limit
	left  int64
	whole int64
}

// restError reports that a writer failed, and that the server had more than MaxRest to send after
// that.
type restError struct {
	cause error
	whole int64
}

func (e *restError) Error() string {
	return fmt.Sprintf("%v; the connection was closed, because the server had more than %d octets left to send", e.cause, e.whole)
}

// Unwrap returns the writer's error.
func (e *restError) Unwrap() error { return e.cause }

// fallible limits what is read from the server once w has failed.
type fallible struct {
	w    io.Writer
	line *line
	most int64 // octets
}

// watchWriter returns w with that limit. A nil w stays nil, since it cannot fail.
func (s *Session) watchWriter(w io.Writer) io.Writer {
	if w == nil {
		return nil
	}
	f := s.limited(w)
	return &f
}

func (s *Session) limited(w io.Writer) fallible { return fallible{w, s.line, s.opt.MaxRest} }

// Write implements io.Writer.
func (f *fallible) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err != nil && f.line.rest.cause == nil {
		f.line.rest = allowance{cause: err, left: f.most, whole: f.most}
		if errors.Is(err, ErrDrop) {
			f.line.rest.left, f.line.rest.whole = 0, 0
		}
	}
	return n, err
}

// LimitBody sets the limit of each later message of RETR and TOP, in octets, in place of
// Options.MaxBody; a value below 1 restores Options.MaxBody.
func (s *Session) LimitBody(octets int64) { s.maxBody = positiveOr(octets, s.opt.MaxBody) }

// check returns an error when nothing more may be read.
func (a *allowance) check() error {
	switch {
	case a.cause == nil || a.left > 0:
		return nil
	case a.whole == 0:
		return a.cause
	}
	return &restError{a.cause, a.whole}
}

// took counts a read of n octets.
func (a *allowance) took(n int) {
	if a.cause != nil {
		a.left -= int64(n)
	}
}
