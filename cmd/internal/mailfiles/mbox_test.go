package mailfiles

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	gombox "github.com/emersion/go-mbox"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// asMbox writes a message in pieces of a size and returns what stands in the file for it.
func asMbox(message string, size int) string {
	var out bytes.Buffer
	w := &mboxBody{out: bufio.NewWriter(&out), atStart: true}
	for piece := range slices.Chunk([]byte(message), size) {
		if n, err := w.Write(piece); n != len(piece) || err != nil {
			panic("a buffer does not fail")
		}
	}
	if err := w.end(); err != nil {
		panic(err)
	}
	_ = w.out.Flush()
	return out.String()
}

var _ = DescribeTable("a message is written to an mbox",
	func(message, want string) {
		for size := 1; size <= len(message)+1; size++ {
			Expect(asMbox(message, size)).To(Equal(want))
		}
	},
	Entry("with LF for CRLF", "a\r\nb\r\n", "a\nb\n\n"),
	Entry("with From lines quoted", "From a\r\n From b\r\nFrom", ">From a\n From b\nFrom\n\n"),
	Entry("with an end to the last line", "a", "a\n\n"),
	Entry("with bare CR kept", "a\rb\r\r\nc\r", "a\rb\r\nc\r\n\n"),
	Entry("with bare LF and From after it", "a\nFrom b\n", "a\n>From b\n\n"),
	Entry("empty", "", "\n"),
)

var _ = DescribeTable("the separator of an mbox names an address without blanks",
	func(from, want string) { Expect(sender(from)).To(Equal(want)) },
	Entry("address", "Ada <ada@example.org>", "ada@example.org"),
	Entry("nonsense", "Ada", "MAILER-DAEMON"),
	Entry("an address with a blank", `"a b"@example.org`, "MAILER-DAEMON"),
	Entry("an address with a line break", "\"a\r\nFrom b\"@example.org", "MAILER-DAEMON"),
)

// FuzzMbox checks that the pieces make no difference, and that go-mbox finds one message per
// message.
func FuzzMbox(f *testing.F) {
	for _, seed := range []string{"", "a\r\nFrom b\r\n", "From ", "\r\r\n", "Fro\nFrom x", ">From a\n"} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, message string, size int) {
		whole := asMbox(message, len(message)+1)
		if pieces := asMbox(message, max(1, size%7)); pieces != whole {
			t.Fatalf("in pieces: %q, whole: %q", pieces, whole)
		}
		separator := "From a@example.org Mon Jan  2 15:04:05 2006\n"
		r := gombox.NewReader(strings.NewReader(separator + whole + separator + "last\n\n"))
		last := ""
		for n := range 3 {
			m, err := r.NextMessage()
			if err == io.EOF && n == 2 {
				break
			}
			if err != nil || n == 2 {
				t.Fatalf("message %d of two: %v", n, err)
			}
			text, err := io.ReadAll(m)
			if err != nil {
				t.Fatal(err)
			}
			last = string(text)
		}
		if last != "last\r\n" {
			t.Fatalf("the message after it is %q", last)
		}
	})
}
