package main_test

import (
	"io"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

var _ = Describe("entry information (behaviour section 11)", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	prepared := func(header string) maildrop.Message {
		return maildrop.Bytes("a1", []byte("From: Ada <ada@example.org>\r\nMessage-ID: <one@example.org>\r\n"+header+"\r\n\r\nHello.\r\n"))
	}
	// got fetches messages and returns the Inbox.
	got := func(mail ...maildrop.Message) []message {
		GinkgoHelper()
		s, _ := serve(mail...)
		u.addAccount(s)
		u.succeeds("get", "work")
		return u.lists("Inbox")
	}
	// shown is what show tells a program of a message.
	shown := func(m message) (v message) {
		GinkgoHelper()
		fromJSON(u.succeeds("show", number(m.ID), "--json", "--peek"), &v)
		return v
	}

	It("names where a message comes from and what is here of it", func() {
		m := got(prepared("Subject: x"))[0]
		source := u.lists("work")[0]
		Expect(m).To(And(HaveField("Parent", int64(3)), HaveField("Service", int64(7)), HaveField("Related", source.ID),
			HaveField("MessageID", "one@example.org"), HaveField("Sending", "not-applicable"), HaveField("Stored", m.Size),
			HaveField("Priority", "normal"), HaveField("Receipt", false), HaveField("PartialDownload", false), HaveField("Operation", "")))
		Expect(source).To(And(HaveField("Body", "header"), HaveField("Related", int64(0)), HaveField("Complete", false)))
		Expect(source.Stored).To(BeNumerically("<", m.Size))
	})

	DescribeTable("tells priority and receipt from the header",
		func(header, priority string, receipt bool, mark string) {
			m := got(prepared(header))[0]
			Expect(m).To(And(HaveField("Priority", priority), HaveField("Receipt", receipt)))
			Expect(u.succeeds("list", "Inbox")).To(ContainSubstring("  NU  " + mark + "    "))
		},
		Entry("plain", "Subject: x", "normal", false, " "),
		Entry("urgent", "X-Priority: 1 (Highest)", "high", false, "!"),
		Entry("no hurry", "X-Priority: 5", "low", false, " "),
		Entry("with a receipt", "Disposition-Notification-To: ada@example.org", "normal", true, " "),
	)

	It("reads the body for what show says about it", func() {
		for _, m := range got(fixtures.Mail("plain", "attachments", "vcard", "calendar", "html")...) {
			v := shown(m)
			Expect(v.Attachment).To(Equal(m.UID != "plain" && m.UID != "html"), m.UID)
			for flag, uid := range map[string]string{"vcard": "vcard", "icalendar": "calendar", "mhtml": "html"} {
				if m.UID == uid {
					Expect(v.Flags).To(ContainElement(flag), m.UID)
				}
			}
		}
	})
})

var _ = Describe("status in a shell", func() {
	It("says why the connection ended while nobody used it", func() {
		u := newUser()
		s, _ := serve(letters("a1")...)
		s.On(fakeserver.Match{Verb: "STAT"}, fakeserver.Auto.With(func(r edit.Reply) edit.Reply {
			return edit.Reply{{Bytes: []byte("+OK 0 0\r\n"), End: edit.HalfClose}}
		})).Must()
		u.addAccount(s)
		c, in, lines := shell(u)
		says := func(word string) string {
			GinkgoHelper()
			_, err := io.WriteString(in, word+"\n")
			Expect(err).NotTo(HaveOccurred())
			answer, err := lines.ReadString('\n')
			Expect(err).NotTo(HaveOccurred())
			return answer
		}
		says("connect --json") // one line, also when the connection has ended by then
		Eventually(func() string { return says("status --json") }).WithTimeout(patience).Should(
			MatchRegexp(`"connected":false,"busy":false,.*"line_error":"idle, .*","line_code":-36}`))
		Expect(says("status")).To(HavePrefix("work is offline: "))
		Expect(in.Close()).To(Succeed())
		rest, err := io.ReadAll(lines)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(rest)).To(HavePrefix("the connection ended: idle, waiting for the next command: not connected: "))
		Expect(c.Wait()).To(Succeed())
	})
})
