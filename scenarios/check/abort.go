package check

import (
	"strings"

	"pop3mtm/scenarios/check/process"
)

// aborted returns the line with which a runtime reports that it aborted the program, or "". It
// looks for panics and damaged memory. An exception that the program did not catch is an error
// message like any other.
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
