package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

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

// OneLine returns text for one line of a terminal: line breaks become "; ", and other
// control characters and octets that are not UTF-8 are escaped, so that text from a server
// cannot control the terminal.
func OneLine(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n")
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '\n':
			b.WriteString("; ")
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
