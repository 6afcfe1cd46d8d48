package check

import (
	"strings"

	"pop3mtm/scenarios/check/process"
)

// aborted returns the line by which a runtime says that it gave up, or "". An exception that the
// program did not catch is an error message like any other; what is meant here is memory that is
// not what it should be, and panics.
func aborted(e process.Ending) string {
	if e.Status == 0 {
		return ""
	}
	for _, sign := range []struct{ first, second string }{
		{"panic: ", "goroutine "},
		{"fatal error: ", "goroutine "},
		{"Fatal Python error: ", ""},
		{"FATAL ERROR: ", "JavaScript"},
		{"thread '", "panicked at"},
		{"==ERROR: AddressSanitizer", ""},
	} {
		at := strings.Index(e.Output, sign.first)
		if at >= 0 && strings.Contains(e.Output[at:], sign.second) {
			line, _, _ := strings.Cut(e.Output[at:], "\n")
			return line
		}
	}
	return ""
}
