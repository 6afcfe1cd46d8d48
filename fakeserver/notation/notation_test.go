package notation_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/notation"
)

func TestNotation(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "notation")
}

// lines reads a transcript to its end.
func lines(text string) ([]notation.Line, error) {
	in := notation.NewReader(strings.NewReader(text))
	var all []notation.Line
	for {
		l, err := in.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		l.Octets = bytes.Clone(l.Octets)
		all = append(all, l)
	}
}

// secrets are those of POP3.
var secrets = notation.Secrets{{Verb: "PASS"}, {Verb: "APOP", Words: 1}, {Verb: "AUTH", Words: 1}}

var _ = Describe("A transcript", func() {
	It("is written as the RFCs do, with a remark where another session goes on, and when", func() {
		var b bytes.Buffer
		w := notation.NewWriter(&b)
		Expect(w.Begin(1, "192.0.2.1:1024", time.Unix(0, 0))).To(Succeed())
		Expect(w.Lines(1, 0, notation.Server, []byte("+OK \xE9\\\r\nbare\n"))).To(Succeed())
		Expect(w.Begin(2, "192.0.2.2:1024", time.Unix(0, 0))).To(Succeed())
		Expect(w.Lines(1, 3*time.Millisecond, notation.Client, []byte("QUIT\r\n"))).To(Succeed())
		Expect(w.Lines(1, 3*time.Millisecond, notation.Server, []byte("+O"))).To(Succeed())
		Expect(w.End(1, 4*time.Second, notation.ServerReset)).To(Succeed())
		Expect(b.String()).To(Equal(`[session 1 from 192.0.2.1:1024 at 1970-01-01T00:00:00Z]
S: +OK \xe9\\
S: bare\n
[session 2 from 192.0.2.2:1024 at 1970-01-01T00:00:00Z]
[session 1]
[at 3ms]
C: QUIT
S: +O\
[at 4s]
[the server reset the connection]
`))
		all, err := lines(b.String())
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(HaveLen(10))
		Expect(all[1].Octets).To(Equal([]byte("+OK \xE9\\\r\n")))
		Expect(all[2].Octets).To(Equal([]byte("bare\n")))
		Expect(all[7].Octets).To(Equal([]byte("+O")))
		Expect(all[9].Is(notation.ServerReset)).To(BeTrue())
		at, ok := all[5].At()
		Expect([]any{at, ok}).To(Equal([]any{3 * time.Millisecond, true}))
	})

	It("may be copied from an RFC, indented and with blank lines", func() {
		all, err := lines("\n      S: +OK POP3 server ready\r\n\n      C:    STAT\n   [and so on]\n S:\n")
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(HaveLen(4))
		Expect(all[0].Octets).To(Equal([]byte("+OK POP3 server ready\r\n")))
		Expect(all[1].Command()).To(Equal([]byte("   STAT")))
		Expect(all[3].Octets).To(Equal([]byte("\r\n")))
	})

	DescribeTable("that is wrong is refused with its place", func(text, want string) {
		_, err := lines("S: +OK\n" + text)
		syntax, ok := errors.AsType[*notation.SyntaxError](err)
		Expect(ok).To(BeTrue(), "%v", err)
		Expect(syntax).To(MatchError(HavePrefix(want)))
	},
		Entry("no side", "+OK\n", `2:1: a line must begin with "S: ", "C: " or "[", not with "+OK"`),
		Entry("no blank", " S:+OK\n", `2:4: the blank after S: is missing`),
		Entry("an unknown escape", `S: a\q`, `2:5: unknown escape "\\q"`),
		Entry("invalid digits", `S: a\xg0`, `2:5: after \x write two hexadecimal digits, not "g0"`),
		Entry("digits that are missing", `S: \x4`, `2:4: unknown escape "\\x"`),
		Entry("a line end inside", `C: a\nb`, `2:5: \n ends a line`),
		Entry("an open remark", "[at 5s", `2:7: the ] at the end of the remark is missing`),
		Entry("a line without end", "S: "+strings.Repeat("x", notation.MaxLine), `2:131072: the line has more than 131072 octets`),
	)

	DescribeTable("hides secrets", func(command, want, secret string) {
		Expect(string(secrets.Mask([]byte(command)))).To(Equal(want))
		Expect(string(secrets.Secret([]byte(command)))).To(Equal(secret))
	},
		Entry("PASS", "PASS se cret", "PASS ********", "se cret"),
		Entry("in small letters", " pass secret", " pass ********", "secret"),
		Entry("APOP", "APOP ann c4c9", "APOP ann ********", "c4c9"),
		Entry("after a tab", "PASS\tsecret", "PASS ********", "secret"),
		Entry("without a blank", "PASSsecret", "PASS ********", "secret"),
		Entry("AUTH with a response", "AUTH PLAIN AGFubg==", "AUTH PLAIN ********", "AGFubg=="),
		Entry("AUTH alone", "AUTH PLAIN", "AUTH PLAIN", ""),
		Entry("another", "USER ann", "USER ann", ""),
	)

	DescribeTable("knows its command again", func(recorded, command string, same bool) {
		Expect(notation.Same([]byte(recorded), []byte(command))).To(Equal(same))
	},
		Entry("the same", "RETR 1", "RETR 1", true),
		Entry("in another case", "RETR 1", "retr 1", true),
		Entry("a verb alone in another case", "QUIT", "quit", true),
		Entry("another message", "RETR 1", "RETR 2", false),
		Entry("another case of what follows", "USER Ann", "USER ann", false),
		Entry("any password", "PASS ********", "PASS \xFF.*\n", true),
		Entry("any response", "********", "AGFubg==", true),
		Entry("no password", "PASS ********", "PASS", false),
		Entry("a masked user", "APOP ******** ********", "APOP ann c4c9", true),
		Entry("several masks", "a ******** c ******** e", "a b c d c e", true),
		Entry("several masks, in another order", "a ******** c ******** e", "a b e d c", false),
		Entry("a text that would have to be two", "a****************a", "a", false),
		Entry("a pattern of its own", "USER a.n", "USER ann", false),
	)

	It("tells once that it cannot be written, and writes no more", func() {
		full := errors.New("no space")
		w := notation.NewWriter(failing{full})
		Expect(w.Note("x")).To(MatchError(full))
		Expect(w.Lines(1, 0, notation.Server, []byte("y"))).To(MatchError(full))
	})
})

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// FuzzOctets writes any octets and reads the same.
func FuzzOctets(f *testing.F) {
	for _, seed := range []string{"+OK\r\n", "a\nb\r\nc", "\\\r\\n\r\n", "\x00\xFF \t", strings.Repeat("x", 40<<10), "\r", "[x]\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		var b bytes.Buffer
		if err := notation.NewWriter(&b).Lines(1, 0, notation.Client, octets); err != nil {
			t.Fatal(err)
		}
		all, err := lines(b.String())
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for _, l := range all {
			if l.Kind == notation.Client {
				got = append(got, l.Octets...)
			}
		}
		if !bytes.Equal(got, octets) {
			t.Errorf("%q became %q", octets, got)
		}
	})
}

// FuzzReader reads anything: lines that can be written again, or an error with a
// place.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{"S: +OK\n", "C: a\\x00\\", "[session 1 from x]\n[at 5ms]\n", "S:x", "\\", " [ ]\n", "S: \\n\nS: \\t\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := lines(text)
		if _, ok := errors.AsType[*notation.SyntaxError](err); err != nil && !ok {
			t.Fatal(err)
		}
		for _, l := range all {
			_, _ = l.At()
			_, _ = l.Session()
			if l.Kind == notation.Remark {
				continue
			}
			var b bytes.Buffer
			if err := notation.NewWriter(&b).Lines(1, 0, l.Kind, l.Octets); err != nil {
				t.Fatal(err)
			}
			again, err := lines(b.String())
			if err != nil {
				t.Fatalf("%q: %v", l.Octets, err)
			}
			var got []byte
			for _, a := range again {
				if a.Kind != notation.Remark {
					got = append(got, a.Octets...)
				}
			}
			if !bytes.Equal(got, l.Octets) {
				t.Errorf("%q became %q", l.Octets, got)
			}
		}
	})
}
