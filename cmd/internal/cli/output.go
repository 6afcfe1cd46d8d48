package cli

import (
	"errors"
	"io"
	"os"

	"golang.org/x/term"
)

var errStdoutClosed = errors.New("standard output is closed")

// output is stdout with an error of its own for a closed pipe, since EPIPE could also come
// from a network connection.
type output struct{ w io.Writer }

// wrapOnce wraps w, unless an outer Run has wrapped it already.
func wrapOnce(w io.Writer) *output {
	if o, ok := w.(*output); ok {
		return o
	}
	return &output{w: w}
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil && isClosedPipe(err) {
		err = errStdoutClosed
	}
	return n, err
}

// IsTerminal reports whether w, which may be cmd.OutOrStdout() or cmd.ErrOrStderr(), is a terminal.
func IsTerminal(w io.Writer) bool {
	if o, ok := w.(*output); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
