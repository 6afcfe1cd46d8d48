package pop3

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// escape returns at most limit octets of b as text that is safe to show: octets that are not
// printable text become \xNN, and "..." marks a cut.
func escape(b []byte, limit int) string {
	cut := len(b) > limit
	if cut {
		b = b[:limit]
	}
	var out strings.Builder
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if unicode.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			out.Write(b[:size])
		} else {
			for _, c := range b[:size] {
				out.Write([]byte{'\\', 'x', hexDigits[c>>4], hexDigits[c&15]})
			}
		}
		b = b[size:]
	}
	if cut {
		out.WriteString("...")
	}
	return out.String()
}
