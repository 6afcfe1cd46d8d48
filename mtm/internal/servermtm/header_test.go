package servermtm

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

func TestServerMTM(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Server side of the MTM")
}

func now() time.Time { return time.Date(2024, 2, 29, 12, 0, 0, 5, time.UTC) }

func read(header string) store.Entry {
	var e store.Entry
	newHeaderReader(now, "").fill(&e, []byte(strings.ReplaceAll(header, "\n", "\r\n")))
	return e
}

var _ = Describe("The entry of a header (behaviour section 4)", func() {
	It("shows sender and subject, decoded", func() {
		e := read("From: =?utf-8?Q?J=C3=B6rg?= <j@example.org>\nSubject: =?iso-8859-1?B?5Pb8?= and\n more\nMessage-ID: <a@b>\n\n")
		Expect(e.Details).To(Equal("Jörg <j@example.org>"))
		Expect(e.Description).To(Equal("äöü and more"))
		Expect(e.MessageID).To(Equal("a@b"))
	})

	DescribeTable("takes the date of the first Received, else of Date, else now; always UTC",
		func(header, want string) {
			Expect(read(header).Date.Format(time.RFC3339)).To(Equal(want))
		},
		Entry("Received", "Received: from a by b; Fri, 1 Mar 2024 10:00:00 +0100\nReceived: x; Fri, 1 Mar 2024 01:00:00 +0000\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n\n", "2024-03-01T09:00:00Z"),
		Entry("Date", "Date: Mon, 1 Jan 2024 05:00:00 +0530\n\n", "2023-12-31T23:30:00Z"),
		Entry("a Received that cannot be read", "Received: from a by b; yesterday\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n\n", "2024-01-01T00:00:00Z"),
		Entry("neither", "Subject: x\n\n", "2024-02-29T12:00:00Z"),
		Entry("a year beyond reason", "Date: Mon, 1 Jan 99999 00:00:00 +0000\n\n", "2024-02-29T12:00:00Z"),
	)

	It("takes the first field of a name, in any case, folded anywhere", func() {
		e := read("sUBJECT :\n\tfirst\n  and\n \n last \nSubject: second\nfrom:a@b\n\n")
		Expect(e.Description).To(Equal("first and last"))
		Expect(e.Details).To(Equal("a@b"))
		Expect(read("Subject:\nSubject: second\n\n").Description).To(BeEmpty())
	})

	DescribeTable("reads priority and receipt requests", func(header string, flags store.Flags, email store.EmailFlags) {
		e := read(header + "\n\n")
		Expect(e.Flags).To(Equal(flags))
		Expect(e.Email).To(Equal(email))
	},
		Entry("none", "Subject: x", store.Flags(0), store.EmailFlags(0)),
		Entry("X-Priority 1", "X-Priority: 1 (Highest)", store.PriorityHigh, store.EmailFlags(0)),
		Entry("X-Priority 3", "X-Priority: 3", store.Flags(0), store.EmailFlags(0)),
		Entry("Importance low", "Importance: Low", store.PriorityLow, store.EmailFlags(0)),
		Entry("Priority urgent", "Priority: urgent", store.PriorityHigh, store.EmailFlags(0)),
		Entry("receipt", "Disposition-Notification-To: <a@b>", store.Flags(0), store.Receipt),
	)

	It("survives headers that make no sense, keeping what can be read", func() {
		e := read("From: a@b\nno colon here\nSubject: found\n\n")
		Expect(e.Details).To(Equal("a@b"))
		Expect(e.Description).To(Equal("found"))
		Expect(read("\n").Details).To(BeEmpty())
		Expect(read(" continuation first\n\n").Details).To(BeEmpty())
		Expect(read("Subject: =?no-such-charset?Q?x?= y\n\n").Description).To(Equal("x y"))
		Expect(read("Subject: \xff\xfe raw\n\n").Description).To(Equal("ÿþ raw"))
		Expect(read("Subject: " + strings.Repeat("s", 9000) + "\n\n").Description).To(HaveLen(5000))
	})

	DescribeTable("cuts what TOP sent at the blank line", func(raw, want string) {
		Expect(string(cutHeader([]byte(raw)))).To(Equal(want))
	},
		Entry("CRLF", "A: b\r\n\r\nbody\r\n", "A: b\r\n\r\n"),
		Entry("LF", "A: b\n\nbody\n", "A: b\n\n"),
		Entry("no blank line (79)", "A: b\r\nC: d\r\n", "A: b\r\nC: d\r\n"),
		Entry("blank first line", "\r\nbody\r\n", "\r\n"),
		Entry("nothing", "", ""),
	)
})

func FuzzHeader(f *testing.F) {
	f.Add([]byte("From: a@b\r\nSubject: =?utf-8?B?w7w=?=\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nx"))
	f.Add([]byte("Received: ;;;\r\n\tx; 1 Jan 2024 00:00 +0000\r\nX-Priority: \r\n"))
	f.Add([]byte(" \r\n:\r\n\x00: \xff\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		header := cutHeader(raw)
		if !strings.HasPrefix(string(raw), string(header)) {
			t.Fatal("the header is not the beginning of the message")
		}
		var e store.Entry
		newHeaderReader(now, "").fill(&e, header)
		if len(e.Details) > maxField || len(e.Description) > maxField || e.Date.IsZero() {
			t.Fatalf("entry out of bounds: %+v", e)
		}
	})
}

func BenchmarkHeader(b *testing.B) {
	raw := []byte("Received: from a.example (a.example [192.0.2.1])\r\n\tby b.example; Fri, 1 Mar 2024 10:00:00 +0100 (CET)\r\n" +
		"From: Somebody <somebody@example.org>\r\nTo: Reader <reader@example.net>\r\nSubject: A subject of usual length\r\n" +
		"Date: Fri, 1 Mar 2024 09:59:58 +0100\r\nMessage-ID: <20240301.1@example.org>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n")
	r := newHeaderReader(now, "")
	b.ReportAllocs()
	for b.Loop() {
		var e store.Entry
		r.fill(&e, raw)
	}
}
