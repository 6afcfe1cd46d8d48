package scenarios_test

import (
	"context"
	"errors"
	"strings"

	"github.com/emersion/go-smtp"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// sending plays the rules of a scenario for SMTP, and returns a function that sends a message and
// the code it was refused with.
func sending(lines ...string) (*smtpsink.Server, func(to string) int) {
	GinkgoHelper()
	all, err := parse(lines...)
	Expect(err).NotTo(HaveOccurred())
	p, err := all[0].Server(nil)
	Expect(err).NotTo(HaveOccurred())
	sink := smtpsink.Start(GinkgoTB(), nil)
	p.PlaySMTP(sink.Server)
	return sink, func(to string) int {
		GinkgoHelper()
		err := sendMail(sink, to)
		var refused *smtp.SMTPError
		switch {
		case err == nil:
			return 0
		case errors.As(err, &refused):
			return refused.Code
		}
		return -1
	}
}

// sendMail sends a message over a connection of its own.
func sendMail(sink *smtpsink.Server, to string) error {
	c, err := smtp.Dial(sink.Addr())
	if err != nil {
		return err
	}
	if err = c.SendMail("ada@example.org", []string{to}, strings.NewReader("A: b\r\n\r\nc\r\n")); err != nil {
		return errors.Join(err, c.Close())
	}
	return c.Quit()
}

var _ = Describe("rules for SMTP", func() {
	It("refuse with the number that they have, or 550, and only what they are for", func() {
		sink, send := sending("smtp:", "  - {on: 'RCPT TO:<eve@example.org>', do: [{refuse: no such user}]}",
			"  - {on: MAIL, times: 1, do: [{refuse: 451 4.7.1 later}]}", "  - {on: ., from: 2, do: [{refuse: 554 spam}]}")
		Expect(send("bob@example.org")).To(Equal(451))
		Expect(send("eve@example.org")).To(Equal(550))
		Expect(send("bob@example.org")).To(BeZero())
		Expect(send("bob@example.org")).To(Equal(554))
		Expect(sink.Messages()).To(HaveLen(1))
		Expect(sink.Transcript(2).String()).To(ContainSubstring("S: 550 no such user"))
	})

	It("have the same steps as others", func() {
		sink, send := sending("smtp:", "  - {on: ., nth: 1, do: [takeEffect, close]}", "  - {on: DATA, nth: 3, do: [{ifOK: [{status: go on}]}]}",
			"  - {on: EHLO, do: [{status: hello}, {ifErr: [close]}]}", "  - {on: VRFY, as: NOOP, do: [{ok: 250 perhaps}]}")
		Expect(send("bob@example.org")).To(Equal(-1))
		Expect(send("bob@example.org")).To(BeZero())
		Expect(send("bob@example.org")).To(BeZero())
		Expect(sink.Messages()).To(HaveLen(3))
		text := sink.Transcript(3).String()
		Expect(text).To(And(ContainSubstring("S: 354 go on\n"), ContainSubstring("S: 250-hello\n")))
		c, err := smtp.Dial(sink.Addr())
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Verify("bob")).To(Succeed())
		Expect(c.Quit()).To(Succeed())
		Expect(sink.Wait(context.Background())).To(Succeed())
		Expect(sink.Transcript(4).String()).To(ContainSubstring("C: VRFY bob\nS: 250 perhaps\n"))
	})

	DescribeTable("that are invalid are reported", func(line, want string) {
		_, err := parse(line)
		Expect(err).To(MatchError(ContainSubstring(want)))
	},
		Entry(nil, "smtp: [{on: RCPTT, do: [close]}]", `there is no command "RCPTT", but there is "RCPT"`),
		Entry(nil, "smtp: [{on: MAIL, do: [{refuse: 250 fine}]}]", "begin with a number such as 450 or 550 (default: 550); 250 is not a refusal"),
		Entry(nil, "smtp: [{on: MAIL, do: [{ifOK: [{ok: 550 no}]}]}]", "begin with a number such as 250 or 354 (default: 250); 550 is a refusal"),
		Entry(nil, "smtp: [{on: MAIL, state: transaction, do: [close]}]", "state is for rules on POP3 commands"),
		Entry(nil, "smtp: [{on: MAIL, before: [{remove: [a]}]}]", "before and after of a rule under smtp allow only losePipelined"),
		Entry(nil, "smtp: [{on: MAIL, when: later, do: [close]}]", "later"))

	It("are in the built-in scenarios", func() {
		for _, name := range []string{"smtp-busy", "smtp-lost-reply"} {
			all, err := scenarios.LoadAll(name)
			Expect(err).NotTo(HaveOccurred())
			for _, s := range all {
				p, err := s.Server(nil)
				Expect(err).NotTo(HaveOccurred())
				sink := smtpsink.Start(GinkgoTB(), nil)
				p.PlaySMTP(sink.Server)
				Expect(sendMail(sink, "bob@example.org")).NotTo(Succeed(), s.Name())
				Expect(sendMail(sink, "bob@example.org")).To(Succeed(), s.Name())
				Expect(sink.Server).To(fakeserver.HaveReceived("MAIL *").Times(2))
			}
		}
	})
})
