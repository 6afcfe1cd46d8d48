package compose_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/internal/compose"
)

var _ = Describe("Addresses that people type", func() {
	DescribeTable("are read", func(text string, want ...string) {
		list, err := compose.ParseList("to", []string{text})
		Expect(err).NotTo(HaveOccurred())
		Expect(texts(list)).To(Equal(want))
	},
		Entry("plain", "ada@example.org", "ada@example.org"),
		Entry("with a name", "Ada Lovelace <ada@example.org>", "Ada Lovelace <ada@example.org>"),
		Entry("several", `"Lovelace, Ada" <ada@example.org>, ben@example.org`, "Lovelace, Ada <ada@example.org>", "ben@example.org"),
		Entry("names with other letters", "Tomás Rejón <tomas@example.org>", "Tomás Rejón <tomas@example.org>"),
		Entry("a domain with other letters", "ada@bücher.example", "ada@xn--bcher-kva.example"),
		Entry("a mailbox with other letters", "Adä <adä@bücher.example>", "Adä <adä@xn--bcher-kva.example>"),
		Entry("a mailbox in quotes", `"a b"@example.org`, `"a b"@example.org`),
		Entry("a host by its number", "ada@[127.0.0.1]", "ada@[127.0.0.1]"),
	)

	DescribeTable("are refused", func(text, want string) {
		_, err := compose.ParseList("recipient (to)", []string{text})
		Expect(err).To(MatchError(ContainSubstring(want)))
		Expect(err.Error()).NotTo(ContainSubstring("\n"))
		Expect(err.Error()).To(ContainSubstring("recipient (to)"))
	},
		Entry("nothing", "", "not an address"),
		Entry("no @", "ada", "not an address"),
		Entry("a field behind it", "ada@example.org\r\nBcc: eve@example.org", "U+000D"),
		Entry("a command behind it", "ada@example.org>\nDATA", "U+000A"),
		Entry("NUL", "a\x00da@example.org", "U+0000"),
		Entry("a tab in the name", "A\tda <ada@example.org>", "U+0009"),
		Entry("a name that reverses letters", "\u202eada <ada@example.org>", "U+202E"),
		Entry("no text", "\xff@example.org", "not UTF-8"),
		Entry("a long mailbox", strings.Repeat("a", 65)+"@example.org", "longer than 64"),
		Entry("a long domain", "a@"+strings.Repeat("a.", 130)+"org", "longer than 254"),
		Entry("a long name", strings.Repeat("a", 257)+" <a@example.org>", "longer than 256"),
		Entry("a domain that cannot be", "ada@exa_mple..org", "not an address"),
		Entry("encoded line ends in the name", "=?utf-8?q?a=0D=0ABcc=3A_eve?= <ada@example.org>", "U+000D"),
		Entry("encoded line ends in the mailbox", `"a\`+"\r"+`"@example.org`, "U+000D"),
	)

	It("are compared whole, in any case", func() {
		list := addresses("ada@example.org", "Ben <ben@example.org>")
		Expect(compose.Merge(list, addresses("BEN@example.org"))).To(HaveLen(2))
		Expect(texts(compose.Merge(list, addresses("Ada@Example.Org", "en@example.org")))).To(HaveLen(3))
	})
})

var _ = DescribeTable("Addresses of a foreign message are counted before they are read", func(list string, want int) {
	h := foreign("To: " + list + "\r\nCc: cy@example.org")
	Expect(compose.CountAddresses(h, "To", "Cc", "Resent-To")).To(Equal(want + 1))
},
	Entry("none", "", 0),
	Entry("two", "ada@example.org, Ben <ben@example.org>", 2),
	Entry("an @ in quotes", `"a@b \"c@d" <ada@example.org>`, 1),
	Entry("an @ in a comment", `ada@example.org (a@b (c@d) \) e@f), ben@example.org`, 2),
	Entry("a quote without end", `"ada@example.org, ben@example.org`, 0),
)

var _ = Describe("Whom an answer goes to (behaviour section 12)", func() {
	own := func() *compose.Letter { return letter() }

	DescribeTable("of all", func(header string, to, cc []string) {
		gotTo, gotCc := compose.Everybody(foreign(strings.ReplaceAll(header, "\n", "\r\n")), own().From)
		Expect(texts(gotTo)).To(Equal(to))
		Expect(texts(gotCc)).To(Equal(cc))
	},
		Entry("the writer, the others in copy, we not",
			"From: Ben <ben@example.org>\nTo: Ada <ada@example.org>, Cleo <cleo@example.org>\nCc: dora@example.org, BEN@example.org, cleo@example.org\nBcc: eve@example.org",
			[]string{"Ben <ben@example.org>"}, []string{"Cleo <cleo@example.org>", "dora@example.org"}),
		Entry("Reply-To comes before From", "From: ben@example.org\nReply-To: desk@example.org\nTo: ada@example.org", []string{"desk@example.org"}, []string{}),
		Entry("an address that ours is a part of stays", "From: ben@example.org\nTo: canada@example.org", []string{"ben@example.org"}, []string{"canada@example.org"}),
		Entry("our own message", "From: ada@example.org\nTo: ben@example.org", []string{"ada@example.org"}, []string{"ben@example.org"}),
		Entry("we among several writers", "From: ada@example.org, ben@example.org\nTo: cleo@example.org", []string{"ben@example.org"}, []string{"cleo@example.org"}),
		Entry("a message that was sent on",
			"From: ben@example.org\nTo: list@example.org\nResent-From: cleo@example.org\nResent-To: ada@example.org, dora@example.org\nResent-Cc: emil@example.org",
			[]string{"ben@example.org", "cleo@example.org", "dora@example.org"}, []string{"emil@example.org"}),
		Entry("a list with one broken address", "From: ben@example.org\nTo: cleo@example.org, <broken, dora@example.org", []string{"ben@example.org"}, []string{"cleo@example.org", "dora@example.org"}),
		Entry("undisclosed ones", "From: ben@example.org\nTo: undisclosed-recipients:;", []string{"ben@example.org"}, []string{}),
	)

	It("of a message that was sent on is who sent it on", func() {
		Expect(texts(compose.Originator(foreign("From: ben@example.org\r\nReply-To: x@example.org\r\nResent-From: cleo@example.org")))).To(Equal([]string{"cleo@example.org"}))
		Expect(texts(compose.Originator(foreign("Resent-From: cleo@example.org\r\nResent-Reply-To: dora@example.org")))).To(Equal([]string{"dora@example.org"}))
	})

	It("makes a name of a foreign message harmless", func() {
		h := foreign("From: =?utf-8?q?a=0D=0ABcc=3A_eve=00?= <ben@example.org>")
		Expect(texts(compose.Originator(h))).To(Equal([]string{"a Bcc: eve <ben@example.org>"}))
	})

	DescribeTable("and the subject it has", func(prefix, subject, want string) {
		Expect(compose.Subject(prefix, subject)).To(Equal(want))
	},
		Entry("of a reply", compose.ReplyPrefix, "Lunch", "Re: Lunch"),
		Entry("not twice", compose.ReplyPrefix, "Re: Lunch", "Re: Lunch"),
		Entry("not twice in any case", compose.ReplyPrefix, "RE:Lunch", "RE:Lunch"),
		Entry("not at the start", compose.ReplyPrefix, "Lunch Re: noon", "Re: Lunch Re: noon"),
		Entry("of what is sent on", compose.ForwardPrefix, "fwd: Lunch", "fwd: Lunch"),
		Entry("of a reply that is sent on", compose.ForwardPrefix, "Re: Lunch", "Fwd: Re: Lunch"),
		Entry("of nothing", compose.ReplyPrefix, "", "Re:"),
		Entry("with what cannot stand there", compose.ReplyPrefix, "a\r\nBcc: eve\x00 \u202eb", "Re: a Bcc: eve b"),
	)

	It("names the thread, the first and the newest of a long one", func() {
		Expect(compose.References(foreign("Message-ID: <c@x>\r\nIn-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>"))).To(Equal([]string{"a@x", "b@x", "c@x"}))
		Expect(compose.References(foreign("Message-ID: <c@x>\r\nIn-Reply-To: <b@x>"))).To(Equal([]string{"b@x", "c@x"}))
		Expect(compose.References(foreign("In-Reply-To: <a@x> <b@x>"))).To(BeEmpty())
		Expect(compose.References(foreign("Message-ID: <c@x>\r\nReferences: <\xc3\xa4@x> <a@x> nonsense"))).To(Equal([]string{"a@x", "c@x"}))
		many := strings.Repeat("<m@x> ", 300)
		long := compose.References(foreign("Message-ID: <new@x>\r\nReferences: <old@x> " + many))
		Expect(long).To(HaveLen(50))
		Expect(long[0] + " " + long[49]).To(Equal("old@x new@x"))
	})
})
