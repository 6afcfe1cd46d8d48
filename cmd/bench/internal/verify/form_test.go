package verify

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pop3mtm/cmd/bench/internal/workload"
)

// The form of a message does not depend on the pieces in which it is written; the form of a form is
// the same form; and quoting for an mbox makes no difference.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"", "a\r\nb\r\n", "From a\r\n\r\n>From b\r\n", "a\r\r\n\r\n\n\r", "Received: x\r\n y\r\nA: b\r\n\r\nReceived: c\r\n", "\r\r\r", "a\rb\r",
		"Status: RO\n\n\n\nx", ">From\r\n>>From \r", "a\n\r\n\r\n",
	} {
		f.Add(seed)
	}
	both := NewComparer()
	f.Fuzz(func(t *testing.T, text string) {
		for name, as := range Forms() {
			read := func(r io.Reader) string {
				b, err := io.ReadAll(as.read(r))
				if err != nil {
					t.Fatal(err)
				}
				return string(b)
			}
			whole := read(strings.NewReader(text))
			if cut := read(iotest.OneByteReader(strings.NewReader(text))); cut != whole {
				t.Fatalf("%s: %q in octets is %q, whole %q", name, text, cut, whole)
			}
			if at, err := both.difference(as.read(strings.NewReader(text)), strings.NewReader(whole)); at >= 0 || err != nil {
				t.Fatalf("%s: %q differs from itself at %d, %v", name, text, at, err)
			}
			if unix := strings.ReplaceAll(text, "\r\n", "\n"); as.lines && read(strings.NewReader(unix)) != whole {
				t.Fatalf("%s: %q with LF is %q, with CRLF %q", name, text, read(strings.NewReader(unix)), whole)
			}
		}
		_ = messageID([]byte(text))
	})
}

// Ten million messages are judged with a bit for each.
func BenchmarkVerify(b *testing.B) {
	list, err := (&workload.Mailbox{Messages: 10_000, Size: 8 << 10, Seed: 1}).List()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(list.Octets())
	b.ReportAllocs()
	for b.Loop() {
		j := &Judge{Served: list, Find: ByID(list, 1)}
		mail := keptMail{"made", func(_ context.Context, visit visitor) error {
			for i := range list.Len() {
				r, err := list.At(i).Open()
				if err == nil {
					err = visit(keptMessage{whole: true, body: r})
				}
				if err != nil {
					return err
				}
			}
			return nil
		}}
		v, err := All(b.Context(), mail, j, func(int) {})
		if err != nil || !v.Verified {
			b.Fatalf("%+v, %v", v, err)
		}
	}
}
