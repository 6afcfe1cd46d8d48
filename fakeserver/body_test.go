package fakeserver_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// stuffed returns the slow, plain reading of RFC 1939 section 3 that the server is
// held against.
func stuffed(raw string) string {
	var b strings.Builder
	atStart := true
	for _, c := range []byte(raw) {
		if atStart && c == '.' {
			b.WriteByte('.')
		}
		b.WriteByte(c)
		atStart = c == '\n'
	}
	if raw != "" && !strings.HasSuffix(raw, "\r\n") {
		b.WriteString("\r\n")
	}
	return b.String()
}

func unstuff(wire string) string {
	return strings.ReplaceAll(strings.TrimPrefix(wire, "."), "\n..", "\n.")
}

// nasty messages, and how many octets a client has of each.
var nasty = map[string]struct {
	raw    string
	octets int
}{
	"empty":                     {"", 0},
	"only a CRLF":               {"\r\n", 2},
	"only a dot":                {".", 3},
	"only a dot line":           {".\r\n", 3},
	"no final newline":          {"A: b\r\n\r\nx", 11},
	"a final bare LF":           {"A: b\r\n\r\nx\n", 12},
	"a final bare CR":           {"A: b\r\n\r\nx\r", 12},
	"dots at line starts":       {"A: b\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n", 23},
	"dots after bare LFs":       {"A: b\n\n.\n..\n.a\r\n", 15},
	"a dot after a bare CR":     {"A: b\r\n\r\n\r.\r\n", 12},
	"the terminator inside":     {"A: b\r\n\r\nx\r\n.\r\ny\r\n", 17},
	"LF dot LF inside":          {"A: b\r\n\r\nx\n.\ny\r\n", 15},
	"a NUL":                     {"A: \x00\r\n\r\n\x00\r\n", 11},
	"8-bit octets":              {"A: \xe4\xff\r\n\r\n\x80\x81\r\n", 13},
	"a line like a reply":       {"A: b\r\n\r\n+OK\r\n-ERR\r\n", 19},
	"a line of 1 MiB":           {"A: b\r\n\r\n" + strings.Repeat("x", 1<<20) + "\r\n", 1<<20 + 10},
	"a line of 1 MiB of dots":   {strings.Repeat(".", 1<<20), 1<<20 + 2},
	"many dot lines":            {strings.Repeat(".\r\n", 100_000), 300_000},
	"a dot across buffer edges": {strings.Repeat("x", 64<<10-1) + "\n.y\r\n", 64<<10 + 4},
}

var _ = Describe("a message on the wire", func() {
	for _, name := range slices.Sorted(maps.Keys(nasty)) {
		n := nasty[name]
		It("is exact: "+name, func() {
			drop := fakeserver.NewMaildrop(maildrop.Bytes("u", []byte(n.raw)))
			p := login(start(drop, nil))
			Expect(p.ask("LIST 1")).To(Equal(fmt.Sprintf("+OK 1 %d", n.octets)))
			Expect(p.ask("STAT")).To(Equal(fmt.Sprintf("+OK 1 %d", n.octets)))
			status, wire := p.multi("RETR 1")
			Expect(status).To(Equal(fmt.Sprintf("+OK %d octets", n.octets)))
			Expect(wire == stuffed(n.raw)).To(BeTrue(), "stuffing differs from the plain reading")
			Expect(unstuff(wire)).To(HaveLen(n.octets))
			whole, err := maildrop.Read(drop.Messages()[0])
			Expect(err).NotTo(HaveOccurred())
			Expect(string(whole) == unstuff(wire)).To(BeTrue(), "maildrop.Read differs from the wire")
			Expect(p.ask("NOOP")).To(HavePrefix("+OK"))
		})
	}

	DescribeTable("TOP gives the header and as many lines as asked",
		func(raw string, lines int, want string) {
			p := login(start(fakeserver.NewMaildrop(maildrop.Bytes("u", []byte(raw))), nil))
			_, wire := p.multi(fmt.Sprintf("TOP 1 %d", lines))
			Expect(wire).To(Equal(want))
		},
		Entry("none", "A: b\r\nC: d\r\n\r\nx\r\ny\r\n", 0, "A: b\r\nC: d\r\n\r\n"),
		Entry("one", "A: b\r\n\r\nx\r\ny\r\n", 1, "A: b\r\n\r\nx\r\n"),
		Entry("all", "A: b\r\n\r\nx\r\ny\r\n", 2, "A: b\r\n\r\nx\r\ny\r\n"),
		Entry("more than there are", "A: b\r\n\r\nx", 70, "A: b\r\n\r\nx\r\n"),
		Entry("blank lines count", "A: b\r\n\r\n\r\n\r\nx\r\n", 2, "A: b\r\n\r\n\r\n\r\n"),
		Entry("dots are stuffed", "A: b\r\n\r\n.\r\n.x\r\n", 1, "A: b\r\n\r\n..\r\n"),
		Entry("no header", "\r\nx\r\ny\r\n", 1, "\r\nx\r\n"),
		Entry("no blank line", "A: b\r\nC: d", 0, "A: b\r\nC: d\r\n"),
		Entry("a line of CRs is not blank only if something else is there", "A: b\r\nx\r\r\n\r\ny\r\n", 0, "A: b\r\nx\r\r\n\r\n"),
		Entry("bare LFs", "A: b\n\nx\ny\n", 1, "A: b\n\nx\n\r\n"),
		Entry("an empty message", "", 3, ""))

	It("is the same in TOP, however the source cuts it", func() {
		dir := GinkgoT().TempDir()
		raw := "A: b\r\n" + strings.Repeat("X: "+strings.Repeat("y", 70)+"\r\n", 4000) + "\r\n" + strings.Repeat(".z\r\n", 40_000)
		Expect(os.WriteFile(filepath.Join(dir, "m.eml"), []byte(raw), 0o600)).To(Succeed())
		source, err := maildrop.OpenEML(dir)
		Expect(err).NotTo(HaveOccurred())
		fromFile := login(start(fakeserver.MaildropOf(source), nil))
		fromMemory := login(start(fakeserver.NewMaildrop(maildrop.Bytes("m", []byte(raw))), nil))
		for _, c := range []string{"TOP 1 0", "TOP 1 1", "TOP 1 30000", "TOP 1 60000", "RETR 1"} {
			_, want := fromMemory.multi(c)
			_, got := fromFile.multi(c)
			Expect(got == want).To(BeTrue(), c)
		}
	})

	It("is exact for every nasty message that the project has", func() {
		mail := fixtures.Nasty()
		p := login(start(fakeserver.NewMaildrop(mail...), nil))
		for i, m := range mail {
			whole, err := maildrop.Read(m)
			Expect(err).NotTo(HaveOccurred())
			Expect(p.ask(fmt.Sprintf("LIST %d", i+1))).To(Equal(fmt.Sprintf("+OK %d %d", i+1, len(whole))))
			_, wire := p.multi(fmt.Sprintf("RETR %d", i+1))
			Expect(wire == stuffed(string(whole))).To(BeTrue(), m.UID())
		}
	})

	It("is refused when its file has gone or changed, and the session goes on", func() {
		dir := GinkgoT().TempDir()
		for _, name := range []string{"1.eml", "2.eml", "3.eml"} {
			Expect(os.WriteFile(filepath.Join(dir, name), []byte("A: b\n\nx\n"), 0o600)).To(Succeed())
		}
		source, err := maildrop.OpenEML(dir)
		Expect(err).NotTo(HaveOccurred())
		p := login(start(fakeserver.MaildropOf(source), nil))
		Expect(os.Remove(filepath.Join(dir, "1.eml"))).To(Succeed())
		Expect(os.WriteFile(filepath.Join(dir, "2.eml"), []byte("longer than it was"), 0o600)).To(Succeed())
		Expect(p.ask("RETR 1")).To(HavePrefix("-ERR [SYS/TEMP]"))
		Expect(p.ask("TOP 2 0")).To(HavePrefix("-ERR [SYS/TEMP]"))
		_, wire := p.multi("RETR 3")
		Expect(wire).To(Equal("A: b\r\n\r\nx\r\n"))
	})

	It("streams when it is large", func() {
		const size = 4 << 20
		source, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: 1, Size: size})
		Expect(err).NotTo(HaveOccurred())
		p := login(start(fakeserver.MaildropOf(source), nil))
		_, wire := p.multi("RETR 1")
		Expect(bytes.Equal([]byte(unstuff(wire)), maildrop.SyntheticMessage(0, 1, size))).To(BeTrue())
	})
})
