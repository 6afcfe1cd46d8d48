package main_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/maildrop"
)

var _ = Describe("find (behaviour section 14)", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	finds := func(args ...string) []message {
		GinkgoHelper()
		var list []message
		r := u.types(append([]string{"find", "--json"}, args...)...)
		fromJSON(r.out, &list)
		Expect(r.status).To(Equal(map[bool]int{true: 1, false: 0}[len(list) == 0]))
		return list
	}
	mail := func(name, header, body string) maildrop.Message {
		return maildrop.Bytes(name, []byte("From: Ada <ada@example.org>\r\n"+header+"\r\n\r\n"+body))
	}
	fill := func() {
		s, _ := serve(
			mail("lunch", "To: Bob <bob@example.org>\r\nSubject: Lunch at noon", "Soup again?\r\n"),
			mail("quoted", "Cc: carol@example.org\r\nSubject: =?utf-8?q?Caf=C3=A9?=", "Lunching is over.\r\n"),
			mail("coded", "Bcc: dan@example.org\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
				"U29tZSBzb3VwIQ==\r\n"),
		)
		u.addAccount(s)
		u.succeeds("get", "work")
	}

	It("prints the messages that contain the text, by place", func() {
		fill()
		out := u.succeeds("find", "lunch")
		Expect(out).To(MatchRegexp(`^Inbox:\n +\d+  NU .* Lunch at noon .*\n +\d+  NU .*\nwork:\n +\d+ .* Lunch at noon .*\n$`))
		Expect(u.succeeds("find", "lunch", "Inbox")).NotTo(ContainSubstring("Inbox:"))
		r := u.types("find", "no such text")
		Expect(r).To(Equal(result{status: 1, out: "nothing found\n"}), "as grep")
		Expect(u.types("find", "no such text", "--json")).To(Equal(result{status: 1, out: "[]\n"}))
	})

	It("decodes words and bodies, and names the parts to a program", func() {
		fill()
		Expect(uids(finds("soup", "Inbox"))).To(Equal([]string{"lunch", "coded"}))
		Expect(finds("soup", "Inbox")).To(HaveEach(HaveField("Found", []string{"body"})))
		Expect(finds("café", "Inbox")).To(HaveExactElements(HaveField("UID", "quoted")))
		for text, part := range map[string]string{"bob@": "to", "carol@": "cc", "dan@": "bcc"} {
			Expect(finds(text, "Inbox")).To(HaveExactElements(HaveField("Found", []string{part})))
		}
		Expect(finds("ada@example.org", "Inbox")).To(HaveEach(HaveField("Found", []string{"from"})))
	})

	It("searches the chosen places for words, wildcards and capitals", func() {
		fill()
		Expect(uids(finds("lunch", "Inbox", "--in", "subject"))).To(Equal([]string{"lunch"}))
		Expect(uids(finds("lunch", "Inbox", "--in", "body, from"))).To(Equal([]string{"quoted"}))
		Expect(uids(finds("lunch", "Inbox", "--word"))).To(Equal([]string{"lunch"}))
		Expect(finds("lunch", "Inbox", "--case")).To(BeEmpty())
		Expect(uids(finds("L*noon", "Inbox", "--wildcard", "--case"))).To(Equal([]string{"lunch"}))
		Expect(finds("L*noon", "Inbox")).To(BeEmpty())
	})

	It("searches the header of a message that is not here", func() {
		s, _ := serve(mail("a1", "Subject: Lunch", "Soup.\r\n"))
		u.addAccount(s)
		u.succeeds("get", "work", "--headers-only")
		Expect(finds("lunch", "work")).To(HaveLen(1))
		Expect(finds("soup", "work")).To(BeEmpty())
	})

	It("works in a shell", func() {
		fill()
		r := u.feeds("find lunch Inbox --in subject\n", "shell", "work")
		Expect(r.status).To(Equal(0), r.err)
		Expect(r.out).To(ContainSubstring("Lunch at noon"))
	})

	DescribeTable("refuses what makes no sense",
		func(want string, args ...string) {
			Expect(u.misuses(append([]string{"find"}, args...)...)).To(ContainSubstring(want))
		},
		Entry("nothing", "write 'mtm find TEXT [FOLDER or ACCOUNT]'"),
		Entry("an empty text", "the text to find is empty", ""),
		Entry("an unknown part", `--in: "size" is not a part to search: choose from subject, from, to, cc, bcc, body`, "x", "--in", "size"),
	)

	It("names what there is when a place is wrong", func() {
		u.succeeds("account", "add", "work", "--pop3", "host", "--user", "x", "--password", "x")
		Expect(u.fails("find", "x", "Foo")).To(Equal(`mtm: folder or account "Foo" does not exist; choose one of Inbox, Outbox, Drafts, Sent, work`))
	})
})
