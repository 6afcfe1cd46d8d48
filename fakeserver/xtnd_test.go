package fakeserver_test

import (
	"errors"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("XTND XMIT", func() {
	var sent []string
	var o *fakeserver.Options
	BeforeEach(func() {
		sent = nil
		o = &fakeserver.Options{Submit: func(user string, message []byte) error {
			if strings.Contains(string(message), "refuse me") {
				return errors.New("no such recipient")
			}
			sent = append(sent, user+": "+string(message))
			return nil
		}}
	})

	It("takes a message, and goes on with commands behind it", func() {
		srv := start(three(), o)
		p := login(srv)
		p.say("XTND XMIT\r\nTo: b\r\n\r\n..dot\r\n.a\n.\nb\r\n.\r\nSTAT\r\nXTND XMIT\r\n.\r\nXTND XMIT\r\nrefuse me\r\n.\r\nNOOP\r\n")
		for _, want := range []string{"+OK send", "+OK message sent", "+OK 3 42", "+OK send", "+OK message sent", "+OK send", "-ERR [SYS/TEMP]", "+OK still"} {
			Expect(p.line()).To(HavePrefix(want))
		}
		Expect(sent).To(Equal([]string{"demo: To: b\r\n\r\n.dot\r\na\n\nb\r\n", "demo: "}))
		Expect(p.ask("XTND BBOARDS")).To(HavePrefix("-ERR"))
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		wait(srv)
		Expect(srv.Transcript(1).String()).To(ContainSubstring("C: XTND XMIT\nS: +OK send the message, and end it with a dot\nC: [27 octets]\nS: +OK message sent\n"))
	})

	It("is unknown without a place for the mail, and before login", func() {
		Expect(login(start(three(), nil)).ask("XTND XMIT")).To(Equal("-ERR unknown command"))
		p, _ := connect(start(three(), o))
		Expect(p.ask("XTND XMIT")).To(HavePrefix("-ERR not in the AUTHORIZATION state"))
	})

	It("sends nothing that a rule refuses, whichever reply that is", func() {
		srv := start(three(), o)
		srv.On(fakeserver.Match{Verb: "XTND"}, fakeserver.Auto.With(edit.Refuse("not now"))).Once()
		srv.On(fakeserver.Match{Verb: "."}, fakeserver.Auto.With(edit.Refuse("spam"))).Once()
		srv.On(fakeserver.Match{Verb: ".", Nth: 2}, func(*fakeserver.Exchange) edit.Reply { return edit.OK("lost") })
		p := login(srv)
		Expect(p.ask("XTND XMIT")).To(Equal("-ERR not now"))
		for _, want := range []string{"-ERR spam", "+OK lost", "+OK message sent"} {
			Expect(p.ask("XTND XMIT")).To(HavePrefix("+OK send"))
			p.say("a\r\n.\r\n")
			Expect(p.line()).To(Equal(want))
		}
		Expect(p.ask("NOOP")).To(Equal("+OK still here"))
		Expect(sent).To(HaveLen(1))
	})

	It("keeps no message that is too large", func() {
		p := login(start(three(), o))
		Expect(p.ask("XTND XMIT")).To(HavePrefix("+OK"))
		p.say(strings.Repeat(strings.Repeat("x", 1022)+"\r\n", 17<<10))
		p.say(".\r\n")
		Expect(p.line()).To(Equal("-ERR the message is too large"))
		Expect(sent).To(BeEmpty())
	})
})
