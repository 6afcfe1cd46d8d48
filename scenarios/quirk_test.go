package scenarios_test

import (
	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the quirks", func() {
	It("have each a scenario, but for those that only a client can show", func() {
		found, failed := scenarios.Shown()
		Expect(failed).NotTo(HaveOccurred())
		for n := 1; n <= scenarios.LastQuirk; n++ {
			q, err := scenarios.QuirkByNumber(n)
			Expect(err).NotTo(HaveOccurred())
			if q.Client != "" {
				Expect(found[n]).To(BeEmpty(), "quirk %d is said to be a client's", n)
			} else {
				Expect(found[n]).NotTo(BeEmpty(), "quirk %d has no scenario", n)
			}
			Expect(q.MTM).To(HaveSuffix("."), "quirk %d: say under mtm what our own client does", n)
		}
	})

	It("and their variants are at least 500 scenarios with the rest", func() {
		count := 0
		for _, name := range scenarios.Names() {
			all, err := scenarios.LoadAll(name)
			Expect(err).NotTo(HaveOccurred())
			count += len(all) // cases and rows of a matrix; not the ways in which answers are cut
		}
		Expect(count).To(BeNumerically(">=", 500))
	})

	It("can each be played alone", func() {
		for n := 1; n <= scenarios.LastQuirk; n++ {
			q, err := scenarios.QuirkByNumber(n)
			Expect(err).NotTo(HaveOccurred())
			p, err := (&scenarios.Scenario{Title: q.Title, Quirk: scenarios.Numbers{n}}).Server(nil)
			Expect(err).NotTo(HaveOccurred(), "quirk %d", n)
			Expect(p.Close()).To(Succeed())
		}
	})
})

var _ = Describe("a rule on all arguments", func() {
	It("is not for the command without any", func() {
		said := talk(play("rules: [{on: LIST *, do: [{status: one}]}, {on: LIST, do: [{status: all}]}]", "mailbox: [{size: 1KiB}]"), "LIST", "LIST 1")
		Expect(said).To(And(ContainSubstring("+OK all\r\n1 1024\r\n"), ContainSubstring("+OK one\r\n")))
	})
})

var _ = Describe("a profile", func() {
	It("is like the server that it is named after", func() {
		for name, want := range map[string][]string{
			"dovecot":     {"+OK Dovecot (Debian) ready.\r\n", "+OK\r\n+OK Logged in.\r\n", "+OK Marked to be deleted.\r\n+OK Logging out.\r\n"},
			"exchange":    {"+OK The Microsoft Exchange POP3 service is ready.\r\n", "+OK User successfully logged on.\r\n"},
			"outlook365":  {"+OK The Microsoft Exchange POP3 service is ready. [", "SASL PLAIN XOAUTH2\r\n"},
			"yahoo":       {"+OK hello from popgate 2.43 on ", "+OK CAPA list follows\r\n", "+OK password required.\r\n"},
			"domino":      {"+OK Lotus Notes POP3 server version Release 8.5.3 ready on "},
			"qpopper":     {"+OK Qpopper (version 4.0.5) at mail.example.org starting. <", "+OK Password required for demo.\r\n"},
			"qmail-pop3d": {"-ERR unimplemented\r\n", "+OK\r\n+OK\r\n"},
			"greenmail":   {"+OK POP3 GreenMail Server v2.1.3 ready\r\n", "+OK\r\nUIDL\r\nSASL PLAIN\r\n.\r\n", "+OK message scheduled for deletion\r\n+OK bye see you soon\r\n"},
			"smtp4dev":    {"+OK smtp4dev POP3 server ready\r\n", "+OK user demo accepted\r\n+OK Authentication successful\r\n", "+OK message 1 deleted\r\n+OK Goodbye\r\n"},
			"gmail":       {"+OK Gpop ready for requests from ", "+OK send PASS\r\n+OK Welcome.\r\n", "+OK Farewell.\r\n"},
		} {
			p := play("profile: "+name, "mailbox: [{size: 1KiB}]")
			said := talk(p, "CAPA", "DELE 1")
			for _, text := range want {
				Expect(said).To(ContainSubstring(text), name)
			}
		}
	})

	It("of GreenMail stuffs no dots in TOP, and after CRLF alone in RETR, and counts no header", func() {
		p := play("profile: greenmail", `mailbox: [{raw: "A: b\r\n\r\n.x\n.y\r\n"}]`)
		Expect(talk(p, "LIST", "TOP 1 9", "RETR 1", "RSET", "NOOP", "RETR x", "RETR")).To(ContainSubstring("+OK\r\n1 7\r\n.\r\n" +
			"+OK\r\nA: b\r\n\r\n.x\r\n.y\r\n.\r\n" +
			"+OK\r\nA: b\r\n\r\n..x\n.y\r\n\r\n.\r\n" +
			"+OK\r\n+OK maildrop has 0 messages undeleted.\r\n+OK noop rimes with poop\r\n" +
			"-ERR java.lang.NumberFormatException: For input string: \"x\"\r\n" +
			"-ERR java.lang.ArrayIndexOutOfBoundsException: Index 1 out of bounds for length 1\r\n"))
	})

	It("of smtp4dev deletes at once, lets in with any password, and lists a TOP that it has not", func() {
		p := play("profile: smtp4dev", "mailbox: [{size: 1KiB, uidl: m, count: 3}]")
		Expect(talk(p, "DELE 1", "UIDL", "TOP 1 0", "RSET", "LIST 9", "RETR x")).To(ContainSubstring("+OK message 1 deleted\r\n+OK 2 messages\r\n1 m2\r\n2 m3\r\n.\r\n" +
			"-ERR Unknown command\r\n+OK Reset state\r\n-ERR no such message\r\n-ERR Invalid message id\r\n"))
		Expect(p.Maildrop.UIDs()).To(Equal([]string{"m2", "m3"}))
	})
})
