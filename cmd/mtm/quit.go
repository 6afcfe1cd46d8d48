package main

import (
	"fmt"
	"io"

	"pop3mtm/mtm"
)

// quitRefused returns the server's refusal of QUIT for JSON, or "".
func quitRefused(r mtm.Result) string {
	if r.QuitRefused == nil {
		return ""
	}
	return r.QuitRefused.Error()
}

// warnQuitRefused prints a warning that the server may still hold messages that
// an operation deleted.
func warnQuitRefused(w io.Writer, op *mtm.Operation) {
	if text := quitRefused(op.Result()); text != "" {
		// A terminal that is gone shows no warning.
		_, _ = fmt.Fprintf(w, "mtm: warning: %s; deleted messages may still be on the server: the next connection lists them, "+
			"and they can be deleted again\n", oneLine(text))
	}
}
