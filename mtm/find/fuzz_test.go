package find

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pop3mtm/internal/budget"
	"pop3mtm/mtm/symbian"
)

// FuzzFinder holds the comparison of Find against a plain one: a text is found as it stands, and
// with wildcards as a program of ten lines finds it.
func FuzzFinder(f *testing.F) {
	f.Add("mädchen", "Das Mädchen winkt.")
	f.Add("m?d*t", "Das Mädchen\nwinkt.")
	f.Add("***?", "")
	f.Add(`\E(.+)`, `a\E(.+)b`)
	f.Add("a*a*a*a*a*b", strings.Repeat("a", 200))
	f.Fuzz(func(t *testing.T, text, in string) {
		if !utf8.ValidString(in) || strings.Contains(in, "\ufffd") {
			return
		}
		for _, o := range []Options{0, CaseSensitive, WholeWord, Wildcard} {
			finder, err := New(nil, text, symbian.PartBody, o)
			if err != nil {
				if text != "" && len(text) <= 1024 && utf8.ValidString(text) {
					t.Fatalf("%q: %v", text, err)
				}
				return
			}
			budget.Of(t, []byte(in), func(in []byte) { finder.match.MatchString(string(in)) })
		}
		matches := func(o Options) bool {
			finder, err := New(nil, text, symbian.PartBody, o)
			return err == nil && finder.match.MatchString(in)
		}
		exact := matches(CaseSensitive)
		if exact != strings.Contains(in, text) {
			t.Errorf("%q in %q: %v", text, in, exact)
		}
		if exact && !matches(0) {
			t.Errorf("%q in %q only with the same capitals", text, in)
		}
		if len(text)*len(in) > 1<<12 {
			return // the plain one is slow
		}
		if got, want := matches(Wildcard|CaseSensitive), wildcard([]rune(text), []rune(in)); got != want {
			t.Errorf("%q in %q with wildcards: %v, want %v", text, in, got, want)
		}
	})
}

// wildcard reports whether the pattern stands somewhere in text.
func wildcard(pattern, text []rune) bool {
	for i := range len(text) + 1 {
		if begins(pattern, text[i:]) {
			return true
		}
	}
	return false
}

// begins reports whether text begins with the pattern. The places that are possible after each
// character of the pattern are known at once.
func begins(pattern, text []rune) bool {
	places := map[int]bool{0: true}
	for _, p := range pattern {
		next := map[int]bool{}
		for at := range places {
			switch {
			case p == '*':
				next[at] = true
				for end := at; end < len(text) && text[end] != '\n'; end++ {
					next[end+1] = true
				}
			case at < len(text) && (p == text[at] || p == '?' && text[at] != '\n'):
				next[at+1] = true
			}
		}
		places = next
	}
	return len(places) > 0
}
