package main

import (
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = DescribeTable("a line of the shell is split into words",
	func(line string, want ...string) {
		Expect(splitWords(line)).To(Equal(want))
	},
	Entry("at blanks", " get\t12  15 ", "get", "12", "15"),
	Entry("not inside quotes", `get 'a  b' "c  d"`, "get", "a  b", "c  d"),
	Entry("joining quoted pieces", `a'b c'"d e"f`, "ab cd ef"),
	Entry("keeping empty words", `a '' ""`, "a", "", ""),
	Entry("with a backslash outside of quotes", `a\ b \'c \\ \#d`, "a b", "'c", `\`, "#d"),
	Entry("with a backslash in double quotes", `"a\"b\\c\d"`, `a"b\c\d`),
	Entry("without backslashes in single quotes", `'a\'`, `a\`),
	Entry("up to a comment", `a b# c#d # e 'f`, "a", "b#", "c#d"),
)

var _ = DescribeTable("a line of the shell that is not finished is refused",
	func(line, want string) {
		_, err := splitWords(line)
		Expect(err).To(MatchError(want))
	},
	Entry("single quote", `get 'a`, "the ' in column 5 is not closed"),
	Entry("double quote", `"a\"`, `the " in column 1 is not closed`),
	Entry("backslash", `get \`, `the line ends with a \`),
)

// FuzzSplitWords checks that words which are quoted come back as they were, and that
// no line is too strange.
func FuzzSplitWords(f *testing.F) {
	for _, seed := range []string{"", "get 1", `'"\# `, "a\x00b\xff", "\u2028 \u00a0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		_, _ = splitWords(word)
		word = strings.ToValidUTF8(word, "?")
		quoted := "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		words, err := splitWords("x " + quoted + " y")
		if err != nil || len(words) != 3 || words[1] != word {
			t.Fatalf("%q came back as %q, %v", word, words, err)
		}
	})
}
