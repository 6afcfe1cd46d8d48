package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// NewJSON returns an encoder for the output of --json. It escapes all characters that could control
// a terminal or reverse the order of letters (C0, DEL, C1, bidirectional controls and all others
// that do not print); the decoded strings stay the same.
func NewJSON(w io.Writer) *json.Encoder {
	e := json.NewEncoder(&escaping{w: w})
	e.SetEscapeHTML(false)
	return e
}

// EscapeJSON returns encoded JSON with the same characters escaped.
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

// isASCII reports whether all octets are ASCII other than DEL. Octets below the blank stand only
// between values, since the encoder escapes them in strings.
func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= 0x7f {
			return false
		}
	}
	return true
}

// mayStand reports whether a character needs no escape: it does nothing but show itself. Joiners
// are allowed, since some scripts need them.
func mayStand(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	return r < 0x7f || r == zeroWidthNonJoiner || r == zeroWidthJoiner || unicode.IsPrint(r)
}

// escaping is a writer that escapes JSON. An encoder writes each value with one call, so it never
// sees a part of a value.
type escaping struct{ w io.Writer }

func (e *escaping) Write(p []byte) (int, error) {
	if _, err := e.w.Write(EscapeJSON(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
