package mail_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/mail"
)

var _ = Describe("A header", func() {
	DescribeTable("passes over lines that are not fields", func(before string) {
		h := mail.ParseHeader([]byte(before+"From: Ada <ada@example.org>\r\nSubject: Lunch\r\n at noon\r\n\r\nSubject: body\r\n"), "")
		Expect(h.Text("From")).To(Equal("Ada <ada@example.org>"))
		Expect(h.Text("subject")).To(Equal("Lunch at noon"))
		Expect(h.Has("To")).To(BeFalse())
	},
		Entry("nothing", ""),
		Entry("a line of an mbox", "From ada@example.org Mon Mar  2 10:00:00 2026\r\n"),
		Entry("a quoted line of an mbox", ">From ada@example.org Mon Mar  2 10:00:00 2026\r\n"),
		Entry("an identifier", "<==0f6d2c1e==>\r\n"),
		Entry("a field that was wrapped without a blank", "X-ID: V03:K0:AAAA\r\nBBBB\r\nCCCC/D=\r\n"),
		Entry("letters beyond ASCII before the colon", "\xe2\x80\x9dX-Dir: x\r\n"),
		Entry("a continuation of nothing", " more\r\n"),
		Entry("an empty name", ": x\r\n"),
		Entry("a bare LF", "X: y\n"),
	)

	DescribeTable("decodes words", func(value, want string) {
		Expect(mail.DecodeText(value, "")).To(Equal(want))
	},
		Entry("in Q", "=?utf-8?Q?Gr=C3=BCn_e?= x", "Grün e x"),
		Entry("in B", "=?ISO-8859-1?b?R3L8bg==?=", "Grün"),
		Entry("in B without padding", "=?ISO-8859-1?B?R3L8bg?=", "Grün"),
		Entry("a character split over two", "=?UTF-8?Q?L=C3?= =?UTF-8?Q?=A4mp?=", "Lämp"),
		Entry("of two charsets in a row", "=?utf-8?q?=C3=A4?= =?iso-8859-1?q?=E4?= a", "ää a"),
		Entry("with raw octets", "=?iso-8859-1?Q?Gr\xfcn e?=", "Grün e"),
		Entry("of an unknown charset, and the others", "=?x-klingon?Q?Hello_there?= and =?utf-8?Q?L=C3=A4?=", "Hello there and Lä"),
		Entry("in UTF-7", "=?utf-7?Q?Gr+APw-n?=", "Grün"),
		Entry("in UTF-7 beyond the first plane", "=?utf-7?Q?+2D3eAA-?=", "😀"),
		Entry("with a language", "=?utf-8*en?Q?Gr=C3=BCn?=", "Grün"),
		Entry("inside quotes", `"=?utf-8?Q?A=C3=A4?=" b`, `"Aä" b`),
		Entry("that do not end", "=?utf-8?Q?abc", "=?utf-8?Q?abc"),
		Entry("that are not encoded words", "=?a b?Q?x?= =? 1?2", "=?a b?Q?x?= =? 1?2"),
		Entry("in no words: UTF-8", "Grün", "Grün"),
		Entry("in no words: Latin-1", "Gr\xfcn \x93x\x94", "Grün “x”"),
	)

	It("reads octets without a charset in the fallback", func() {
		Expect(mail.DecodeText("\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251")).To(Equal("Привет"))
		Expect(mail.DecodeText("\x83\x65\x83\x58\x83\x67", "shift_jis")).To(Equal("テスト"))
		Expect(mail.DecodeText("Grün", "shift_jis")).To(Equal("Grün"))
	})

	DescribeTable("finds identifiers", func(value string, want ...string) {
		Expect(mail.ParseIDs(value)).To(Equal(want))
	},
		Entry("in brackets", "<a@b> <c@d>\t<e@f>", "a@b", "c@d", "e@f"),
		Entry("without blanks", "<a@b><c@d>", "a@b", "c@d"),
		Entry("without brackets", "a@b", "a@b"),
		Entry("among words", "Your message of Monday <a@b>", "a@b"),
		Entry("with an end missing", "<a@b> <c@d", "a@b"),
	)

	DescribeTable("reads dates", func(text string, want string) {
		t, ok := mail.ParseDate([]byte(text))
		Expect(ok).To(Equal(want != ""))
		if ok {
			Expect(t.Format(time.RFC3339)).To(Equal(want))
		}
	},
		Entry("as RFC 5322 has them", "Mon, 02 Mar 2026 10:00:00 +0100", "2026-03-02T09:00:00Z"),
		Entry("with a comment", "Mon, 2 Mar 2026 10:00:00 -0500 (EST)", "2026-03-02T15:00:00Z"),
		Entry("of asctime", "Mon Mar  2 18:55:07 2026", "2026-03-02T18:55:07Z"),
		Entry("of date(1)", "Mon Mar  2 18:55:07 CET 2026", "2026-03-02T17:55:07Z"),
		Entry("of ISO 8601", "2026-03-02T15:13:51.977784+00:00", "2026-03-02T15:13:51Z"),
		Entry("of ISO 8601 with a blank", "2026-03-02 15:13:51", "2026-03-02T15:13:51Z"),
		Entry("of ISO 8601 without a time", "2026-03-02", "2026-03-02T00:00:00Z"),
		Entry("without a zone", "Mon, 02 Mar 2026 10:00:00", "2026-03-02T10:00:00Z"),
		Entry("without seconds", "2 Mar 2026 10:00 GMT", "2026-03-02T10:00:00Z"),
		Entry("with a year of two digits", "Mon, 02 Mar 26 10:00:00 +0000", "2026-03-02T10:00:00Z"),
		Entry("of the last century", "02-Mar-99 10:00:00 UT", "1999-03-02T10:00:00Z"),
		Entry("with the month in full", "March 2, 2026 at 3:04 PM", "2026-03-02T15:04:00Z"),
		Entry("with noon", "2 Mar 2026 12:30 am", "2026-03-02T00:30:00Z"),
		Entry("with points", "2.3.2026 10:00", "2026-03-02T10:00:00Z"),
		Entry("with slashes", "03/02/2026 10:00:00", "2026-03-02T10:00:00Z"),
		Entry("with an odd zone", "Mon, 2 Mar 2026 10:00:00 GMT+0200", "2026-03-02T08:00:00Z"),
		Entry("with a short zone", "Mon, 2 Mar 2026 10:00:00 +02:00", "2026-03-02T08:00:00Z"),
		Entry("with a zone that nobody knows", "Mon, 2 Mar 2026 10:00:00 XYZ", "2026-03-02T10:00:00Z"),
		Entry("of a day that does not exist", "31 Feb 2026 10:00:00 +0000", ""),
		Entry("of no month", "2026-13-02", ""),
		Entry("of words", "yesterday", ""),
		Entry("of a time alone", "10:00:00", ""),
		Entry("of nothing", "", ""),
	)

	It("takes another field when Date has no date", func() {
		h := mail.ParseHeader([]byte("Received: by mx; Tue, 3 Mar 2026 10:00:00 +0000\r\nDate: some day\r\n\r\n"), "")
		t, ok := h.Date()
		Expect(ok).To(BeTrue())
		Expect(t.Day()).To(Equal(3))
	})

	DescribeTable("reads addresses", func(value string, want ...string) {
		got := []string{}
		for _, a := range mail.ParseAddresses(value, "") {
			got = append(got, a.Name+"|"+a.Address)
		}
		Expect(got).To(HaveExactElements(want))
	},
		Entry("as RFC 5322 has them", `Ada <ada@example.org>, "Berg, Jon" <jon@example.org>, x@y`, "Ada|ada@example.org", "Berg, Jon|jon@example.org", "|x@y"),
		Entry("with a name with a comma", "Berg, Jon <jon@example.org>", "Berg, Jon|jon@example.org"),
		Entry("with an @ in the name", "ada@example.org <ada@example.org>", "ada@example.org|ada@example.org"),
		Entry("with a colon in the name", "A: B <x@y>", "A: B|x@y"),
		Entry("with a name and no brackets", "Big Bug bb@bug.com", "Big Bug|bb@bug.com"),
		Entry("without commas", "<a@x> <b@y>", "|a@x", "|b@y"),
		Entry("with names and without commas", "Bob <a@x> Bobby <b@y>", "Bob|a@x", "Bobby|b@y"),
		Entry("without brackets and commas", "a@x b@y", "|a@x", "|b@y"),
		Entry("with semicolons", "a@x; Ben <b@y>;", "|a@x", "Ben|b@y"),
		Entry("of a group", "Friends: Ada <a@x>, b@y;, c@z", "Ada|a@x", "|b@y", "|c@z"),
		Entry("of a group of nobody", "undisclosed-recipients:;"),
		Entry("of UTF-8", "Jörg <jörg@exämple.org>", "Jörg|jörg@exämple.org"),
		Entry("of Latin-1", "J\xf6rg <j@x>", "Jörg|j@x"),
		Entry("with a name in a comment", "a@x (Ada)", "Ada|a@x"),
		Entry("with words", "=?utf-8?Q?J=C3=B6rg?= <j@x>, =?x-none?Q?K?= <k@x>", "Jörg|j@x", "K|k@x"),
		Entry("with words in quotes", `"=?utf-8?Q?J=C3=B6rg?=" <j@x>`, "Jörg|j@x"),
		Entry("with a quote that never closes", `"Ada <a@x>, b@y`, "Ada|a@x", "|b@y"),
		Entry("with a bracket that never closes", `Ada <a@x`, "Ada|a@x"),
		Entry("with a bracket that never closes, and more", "<broken, dora@example.org", "|dora@example.org"),
		Entry("with a bracket that never closes in a list", "c@z, <broken, Ben <b@y", "|c@z", "Ben|b@y"),
		Entry("with a comment that never closes", `Ada (x <a@x>`, "Ada x|a@x"),
		Entry("with two brackets", "<Ada> <a@x>", "|a@x"),
		Entry("with brackets in brackets", "Ada <<a@x>>", "Ada|a@x"),
		Entry("with mailto", "<mailto:a@x>", "|a@x"),
		Entry("with a route", "<@r,@s:a@x>", "|a@x"),
		Entry("with blanks", "Ada < a@x >", "Ada|a@x"),
		Entry("with quotes", `'Ada' <'a@x'>`, "'Ada'|a@x"),
		Entry("with a quoted mailbox", `Ünal <"a b"@x>`, "Ünal|a b@x"),
		Entry("of nobody", "root"),
		Entry("of nothing", ""),
	)
})
