package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
