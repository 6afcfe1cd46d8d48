package notation

import (
	"fmt"
	"strings"
)

// Escape appends octets in escaped form, as text on a single line.
func Escape[T string | []byte](to []byte, octets T) []byte {
	const digits = "0123456789abcdef"
	for i := range len(octets) {
		switch c := octets[i]; {
		case c == '\\':
			to = append(to, `\\`...)
		case c >= 0x20 && c < 0x7F, c == '\t':
			to = append(to, c)
		case c == '\r':
			to = append(to, `\r`...)
		case c == '\n':
			to = append(to, `\n`...)
		default:
			to = append(to, '\\', 'x', digits[c>>4], digits[c&15])
		}
	}
	return to
}

// unescape appends the octets that a text stands for, with its line end. On an error it also
// returns the position of the mistake in the text.
func unescape(to []byte, text string) ([]byte, int, error) {
	at := 0
	for {
		i := strings.IndexByte(text[at:], '\\')
		if i < 0 {
			return append(append(to, text[at:]...), "\r\n"...), 0, nil
		}
		to = append(to, text[at:at+i]...)
		at += i
		rest := text[at:]
		switch {
		case rest == `\`:
			return to, 0, nil
		case rest == `\n`:
			return append(to, '\n'), 0, nil
		case rest[1] == '\\':
			to = append(to, '\\')
		case rest[1] == 'r':
			to = append(to, '\r')
		case rest[1] == 'n':
			return to, at, fmt.Errorf(`\n ends a line; write the text after it in a line of its own`)
		case rest[1] == 't':
			to = append(to, '\t')
		case rest[1] == 'x' && len(rest) >= 4:
			high, low := digit(rest[2]), digit(rest[3])
			if high < 0 || low < 0 {
				return to, at, fmt.Errorf(`after \x write two hexadecimal digits, not %q`, rest[2:4])
			}
			to = append(to, byte(high<<4|low))
			at += 2
		default:
			return to, at, fmt.Errorf(`unknown escape %q; write an octet as \x00, a backslash as \\`, rest[:2])
		}
		at += 2
	}
}

func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return int(c - 'A' + 10)
	}
	return -1
}
