package edit

import (
	"slices"
	"strconv"
	"strings"
)

// Number returns the replacement for a number in a reply. It may be any text; an empty one removes
// the number. QUIRK 55.
type Number func(n int64) string

// By adds delta to a number.
func By(delta int64) Number {
	return func(n int64) string { return strconv.FormatInt(n+delta, 10) }
}

// To replaces a number, of any size and sign, by text. QUIRK 58, 59.
func To(text string) Number { return func(int64) string { return text } }

// Count changes the first number of the status line: the number of messages in STAT and LIST, the
// message number in LIST n and UIDL n.
func Count(change Number) Edit {
	return status(func(l string) string { return nthNumber(l, 1, change) })
}

// StatusLine changes the status line. change gets it without its line end.
func StatusLine(change func(line string) string) Edit { return status(change) }

// Octets changes the octets in the status line: the second number of STAT and LIST n, the number
// before "octets" in RETR and LIST. QUIRK 89.
func Octets(change Number) Edit {
	return status(func(l string) string {
		words := strings.Split(l, " ")
		for i, w := range words[:len(words)-1] {
			if digits := strings.TrimPrefix(w, "("); countsOctets(words[i+1]) && digits != "" {
				words[i] = w[:len(w)-len(digits)] + nthNumber(digits, 1, change)
				return strings.Join(words, " ")
			}
		}
		return nthNumber(l, 2, change)
	})
}

// isNumber reports whether a word consists of digits.
func isNumber(word string) bool {
	return word != "" && strings.Trim(word, "0123456789") == ""
}

// countsOctets reports whether a word is the unit "octets", in any language of the server.
func countsOctets(word string) bool {
	return strings.HasPrefix(word, "octets") || strings.HasPrefix(word, "Oktette")
}

// RowNumber changes the message number of each row of a listing.
func RowNumber(change Number) Edit { return rowNumbers(1, change) }

// RowOctets changes the octets in each row of LIST. QUIRK 42.
func RowOctets(change Number) Edit { return rowNumbers(2, change) }

func rowNumbers(nth int, change Number) Edit {
	return Rows(func(_ int, l string) []string { return []string{nthNumber(l, nth, change)} })
}

func status(change func(l string) string) Edit {
	return lines(func(at place, _ int, l string) []string {
		if at == statusLine {
			l = change(l)
		}
		return []string{l}
	})
}

// nthNumber changes the nth word of l that is a number.
func nthNumber(l string, nth int, change Number) string {
	words := strings.Split(l, " ")
	for i, w := range words {
		n, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			continue
		}
		if nth--; nth > 0 {
			continue
		}
		if words[i] = change(n); words[i] == "" {
			words = slices.Delete(words, i, i+1)
		}
		break
	}
	return strings.Join(words, " ")
}
