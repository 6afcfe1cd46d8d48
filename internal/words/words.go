// Package words finds the known word that is most similar to a misspelt one.
package words

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the allowed word that is most similar to word, or "" when no word is similar
// enough.
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

// Misspelt returns the known verb of which verb is probably a misspelling: one letter is wrong, or
// the letters are in another order. It returns "" when no known verb is similar, and for a known
// verb. A verb with an additional X at the beginning is not a misspelling, since extensions have
// such names.
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
