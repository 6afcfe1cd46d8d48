package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/rivo/uniseg"
)

var _ = DescribeTable("text from a message is made harmless to a terminal",
	func(text, want string) { Expect(visible(text)).To(Equal(want)) },
	Entry("plain", "a b\tc\nd", "a b\tc\nd"),
	Entry("letters of all scripts", "chêne наш 船 نور 👍", "chêne наш 船 نور 👍"),
	Entry("escape sequences", "\x1b[2J\a\b\x7f", `\u001b[2J\u0007\u0008\u007f`),
	Entry("C1 controls", "\u009b2J", `\u009b2J`),
	Entry("carriage returns", "good\rbad", `good\u000dbad`),
	Entry("reversed order", "a\u202eb\u2066c", `a\u202eb\u2066c`),
	Entry("octets that are not UTF-8", "a\xff\xfeb", `a\xff\xfeb`),
	Entry("the replacement character", "a\ufffdb", "a\ufffdb"),
	Entry("blanks of other widths", "a\u00a0b\u2003c", "a b c"),
	Entry("joiners", "\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
	Entry("large code points", "\U000e0001", `\U000e0001`),
)

var _ = DescribeTable("text is fitted into a column",
	func(text, want string) { Expect(column(text, 6)).To(Equal(want)) },
	Entry("short", "ab", "ab    "),
	Entry("exact", "abcdef", "abcdef"),
	Entry("long", "abcdefg", "abcde…"),
	Entry("wide letters", "船船船", "船船船"),
	Entry("too many wide letters", "船船船船", "船船… "),
	Entry("several lines", "a\r\n  b", "a b   "),
)

var _ = Describe("visibleWriter", func() {
	It("gives the same whatever the pieces", func() {
		text := "a\r\nb\rc\r\n船\xe8\x88 \x1b\u202e\r"
		var whole bytes.Buffer
		w := &visibleWriter{out: &whole}
		Expect(w.Write([]byte(text))).To(Equal(len(text)))
		Expect(w.end()).To(Succeed())
		Expect(whole.String()).To(Equal("a\nb\\u000dc\n船\\xe8\\x88 \\u001b\\u202e\\u000d\n"))
		for size := 1; size < 6; size++ {
			var out bytes.Buffer
			w := &visibleWriter{out: &out}
			for piece := range strings.SplitSeq(inPieces(text, size), "|") {
				Expect(w.Write([]byte(piece))).To(Equal(len(piece)))
			}
			Expect(w.end()).To(Succeed())
			Expect(out.String()).To(Equal(whole.String()))
		}
	})
})

func inPieces(text string, size int) string {
	var pieces []string
	for len(text) > size {
		pieces, text = append(pieces, text[:size]), text[size:]
	}
	return strings.Join(append(pieces, text), "|")
}

// FuzzVisible checks that no text brings a control character to the terminal or breaks a table.
func FuzzVisible(f *testing.F) {
	for _, seed := range []string{"", "a\x1b[2Jb", "\xff\u009b", "船\u202e", "\r\n\t"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := oneLine(text)
		for _, r := range line {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				t.Fatalf("%q shows %q", text, line)
			}
		}
		if !utf8.ValidString(line) {
			t.Fatalf("%q shows octets %q", text, line)
		}
		if cells := uniseg.StringWidth(column(text, 20)); cells != 20 {
			t.Fatalf("%q takes %d cells", text, cells)
		}
	})
}
