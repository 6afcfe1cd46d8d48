package cli

import (
	"errors"
	"io"
	"os"

	"golang.org/x/term"
)

var errStdoutClosed = errors.New("the reader of standard output has gone")

// output is stdout with its own error for a closed pipe: a bare EPIPE could as well come from a
// network connection.
type output struct{ w io.Writer }

// wrapOnce leaves w as it is when a Run around this one has wrapped it.
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
