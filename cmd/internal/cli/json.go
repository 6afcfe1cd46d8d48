package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// NewJSON returns an encoder that writes to w what --json prints. Strings mean the same to whoever
// reads them, and look harmless in a terminal: characters that could drive it or reverse the order
// of letters are escaped (C0, DEL, C1, bidirectional controls and all others that do not print).
func NewJSON(w io.Writer) *json.Encoder {
	e := json.NewEncoder(&escaping{w: w})
	e.SetEscapeHTML(false)
	return e
}

// EscapeJSON does the same to JSON that was encoded before.
func EscapeJSON(text []byte) []byte {
	if isASCII(text) {
		return text
	}
	out := make([]byte, 0, len(text)+32)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if mayStand(r) {
			out = append(out, text[:n]...)
		} else if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		} else {
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}

// isASCII reports whether all octets are ASCII but DEL. Those below the blank stand between values:
// in strings the encoder has escaped them.
func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= 0x7f {
			return false
		}
	}
	return true
}

// mayStand reports whether a character only shows itself. Joiners shape the letters of some
// scripts.
func mayStand(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	return r < 0x7f || r == zeroWidthNonJoiner || r == zeroWidthJoiner || unicode.IsPrint(r)
}

// escaping passes on whole values: an encoder writes each with one call.
type escaping struct{ w io.Writer }

func (e *escaping) Write(p []byte) (int, error) {
	if _, err := e.w.Write(EscapeJSON(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
