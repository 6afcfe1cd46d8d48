package main_test

import (
	"strings"
	"syscall"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("pop3sim serve --smtp", func() {
	It("delivers to each user alone, into whatever mailbox it serves", func() {
		dir := folder(map[string]string{"a.eml": "Subject: a\r\n\r\none\r\n"})
		for _, source := range [][]string{{"--eml", dir}, {"--synthetic", "1"}} {
			p := start(GinkgoTB(), append([]string{"--smtp", "127.0.0.1:0", "--user", "ann:1", "--user", "bob:2"}, source...)...)
			send := func(to string) error {
				c := smtp.NewClient(dial(p.smtp))
				defer func() { Expect(c.Close()).To(Succeed()) }()
				return c.SendMail("ann@example.org", []string{to}, strings.NewReader("Subject: lunch\r\n\r\n.\r\nAt noon?\r\n"))
			}
			Expect(send("bob@example.org")).To(Succeed())
			Expect(session(p.address, "ann", "1", "STAT")[0]).To(HavePrefix("+OK 1 "))
			Expect(session(p.address, "bob", "2", "RETR 2", "DELE 2")).To(ContainElements("Subject: lunch", "..", "At noon?"))
			Expect(session(p.address, "bob", "2", "STAT")[0]).To(HavePrefix("+OK 1 "))
			Expect(send("eve@example.org")).To(MatchError(ContainSubstring("No such user")))
			Expect(p.stop(syscall.SIGTERM)).To(BeZero())
		}
		Expect(files(dir)).To(Equal([]string{"a.eml"}))
	})

	It("plays the rules of a scenario for SMTP, which need --smtp", func() {
		p := start(GinkgoTB(), "--smtp", "127.0.0.1:0", "--scenario", "smtp-busy#recipient", "--judge", "--quiet")
		send := func() error {
			c := smtp.NewClient(dial(p.smtp))
			defer func() { Expect(c.Close()).To(Succeed()) }()
			return c.SendMail("ann@example.org", []string{"demo@example.org"}, strings.NewReader("Subject: lunch\r\n\r\nAt noon?\r\n"))
		}
		Expect(send()).To(MatchError(ContainSubstring("greylisted")))
		Expect(send()).To(Succeed())
		Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("+OK 2 "))
		Expect(p.stop(syscall.SIGTERM)).To(BeZero())

		r := run("serve", "--pop3", "127.0.0.1:0", "--scenario", "smtp-busy")
		Expect(r.status).To(Equal(2))
		Expect(r.errOut).To(HavePrefix("pop3sim: the scenario smtp-busy#sender has rules for SMTP: give its address with --smtp"))
	})
})
