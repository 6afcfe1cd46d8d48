package pop3

import (
	"errors"
	"fmt"
	"io"
)

// ErrDrop says, wrapped by the error of a writer or a sink's writer, that the rest of the message
// is not worth reading: the session ends unless the rest has come already.
var ErrDrop = errors.New("the connection is no longer needed")

// allowance bounds what is read after a writer failed and before the next command of the caller.
type allowance struct {
	cause error // of the writer; nil = no bound
	left  int64
	whole int64
}

// restError says that a writer failed, and that the server had more to send than is
// thrown away for QUIT's sake.
type restError struct {
	cause error
	whole int64
}

func (e *restError) Error() string {
	return fmt.Sprintf("%v; the server had more than %d octets to send after that, and the connection was closed", e.cause, e.whole)
}

// Unwrap returns the writer's error.
func (e *restError) Unwrap() error { return e.cause }

// fallible limits what follows on the line once w fails.
type fallible struct {
	w    io.Writer
	line *line
	most int64 // octets
}

// watchWriter returns w with that limit; a nil w cannot fail.
func (s *Session) watchWriter(w io.Writer) io.Writer {
	if w == nil {
		return nil
	}
	return &fallible{w, s.line, s.opt.MaxRest}
}

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

// LimitBody bounds each message of RETR and TOP from now on, in octets, as Options.MaxBody does;
// below 1 that holds again.
func (s *Session) LimitBody(octets int64) { s.maxBody = positiveOr(octets, s.opt.MaxBody) }

// check is called before a read.
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
