// Package words finds the word that was perhaps meant in place of a misspelt one.
package words

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the allowed word that was perhaps meant, empty when none is near.
func Nearest(word string, allowed []string) string {
	best, found := min(max(1, len(word)/2), 3)+1, ""
	for _, a := range allowed {
		distance := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(a))
		if distance < best {
			best, found = distance, a
		}
	}
	return found
}

// Misspelt returns the known verb of which verb is a slip of the finger: one letter wrong, or the
// letters in another order. It returns "" when no word is similar, and for a verb that is known. An
// X at the beginning is not a slip: extensions are called so.
func Misspelt(verb string, known []string) string {
	near := Nearest(verb, known)
	if near == "" || len(verb) < 3 || strings.EqualFold(near, verb) {
		return ""
	}
	letters := func(word string) string {
		all := []byte(strings.ToUpper(word))
		slices.Sort(all)
		return string(all)
	}
	if strings.HasPrefix(strings.ToUpper(verb), "X") && !strings.HasPrefix(strings.ToUpper(near), "X") {
		return ""
	}
	if letters(near) == letters(verb) || levenshtein.ComputeDistance(strings.ToUpper(near), strings.ToUpper(verb)) == 1 {
		return near
	}
	return ""
}
