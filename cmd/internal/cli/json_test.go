package cli_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/internal/budget"
)

var _ = DescribeTable("JSON escapes what could drive a terminal", func(text, want string) {
	var out bytes.Buffer
	Expect(cli.NewJSON(&out).Encode([]string{text})).To(Succeed())
	Expect(out.String()).To(Equal(`["` + want + "\"]\n"))
},
	Entry("text", "Grüße, 船 <a> &", "Grüße, 船 <a> &"),
	Entry("C0", "\x1b[31m\r\n", `\u001b[31m\r\n`),
	Entry("DEL", "a\x7f", `a\u007f`),
	Entry("C1", "\u009b31mRED", `\u009b31mRED`),
	Entry("bidirectional controls", "a\u202eb\u2066c\u200fd\u061ce", `a\u202eb\u2066c\u200fd\u061ce`),
	Entry("tags beyond the first plane", "a\U000e0041", `a\udb40\udc41`),
	Entry("joiners", "a\u200db", "a\u200db"),
	Entry("octets that are not UTF-8", "a\xff", `a\ufffd`),
)

// FuzzJSON checks that no text brings a control character to the terminal, and that
// it stays the same text.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{"", "a\x1b[2Jb", "\xff\u009b", "船\u202e", "\r\n\t", "\U000e0041\ufffd"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		budget.Of(t, []byte(text), func(text []byte) {
			out.Reset()
			if err := cli.NewJSON(&out).Encode(string(text)); err != nil {
				t.Fatal(err)
			}
		})
		out.Reset()
		if err := cli.NewJSON(&out).Encode(text); err != nil {
			t.Fatal(err)
		}
		line := strings.TrimSuffix(out.String(), "\n")
		for _, r := range line {
			if r < ' ' || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%q is printed as %q", text, line)
			}
		}
		var back string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back != strings.ToValidUTF8(text, "\ufffd") && !strings.Contains(back, "\ufffd") {
			t.Fatalf("%q became %q, %v", text, back, err)
		}
	})
}
