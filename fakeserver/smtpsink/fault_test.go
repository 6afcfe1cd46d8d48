package smtpsink_test

import (
	"net"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/fixtures"
)

// auto returns the right answer with edits.
func auto(edits ...edit.Edit) fakeserver.Handler { return fakeserver.Auto.With(edits...) }

var _ = Describe("A rule of the sink", func() {
	var sink *smtpsink.Server

	BeforeEach(func() {
		sink = smtpsink.Start(GinkgoTB(), &smtpsink.Options{Users: map[string]fakeserver.User{"ada": {Password: "x"}}})
	})

	on := func(verb, args string, edits ...edit.Edit) *fakeserver.Rule {
		return sink.On(fakeserver.Match{Verb: verb, Args: args}, auto(edits...)).Must()
	}
	// again sends a whole message after what was refused, over the same connection.
	again := func(c *smtp.Client) {
		GinkgoHelper()
		Expect(c.Reset()).To(Succeed())
		Expect(send(c, "bob@example.org")).To(Succeed())
		Expect(sink.Messages()).To(HaveLen(1))
		Expect(sink.Messages()[0].Recipients).To(Equal([]string{"bob@example.org"}))
	}

	It("refuses the greeting, and the connection ends", func() {
		on("CONNECT", "", smtpsink.Refuse(554, "no service"))
		Expect(dial(sink).Hello("x")).To(refused(554))
		wait(sink)
	})

	It("refuses EHLO, and HELO does instead", func() {
		on("EHLO", "", smtpsink.Refuse(502, "what?"))
		c := dial(sink)
		again(c)
	})

	It("refuses MAIL", func() {
		on("MAIL", "", smtpsink.Refuse(451, "later")).Once()
		c := dial(sink)
		Expect(send(c, "bob@example.org")).To(refused(451))
		Expect(c.Rcpt("bob@example.org", nil)).To(refused(502), "there was no MAIL")
		again(c)
	})

	It("refuses one recipient, and the rest has the message", func() {
		on("RCPT", "TO:<eve@example.org>", smtpsink.Refuse(550, "no such user"))
		c := dial(sink)
		Expect(c.Mail("ada@example.org", nil)).To(Succeed())
		Expect(c.Rcpt("eve@example.org", nil)).To(refused(550))
		Expect(c.Rcpt("bob@example.org", nil)).To(Succeed())
		w, err := c.Data()
		Expect(err).NotTo(HaveOccurred())
		Expect(w.Close()).To(Succeed())
		Expect(sink.Messages()).To(ConsistOf(HaveField("Recipients", []string{"bob@example.org"})))
	})

	It("refuses all recipients, and DATA is refused then", func() {
		on("RCPT", "", smtpsink.Refuse(550, "no such user")).Once()
		c := dial(sink)
		Expect(send(c, "bob@example.org")).To(refused(550))
		_, err := c.Data()
		Expect(err).To(refused(554))
		again(c)
	})

	It("refuses DATA", func() {
		on("DATA", "", smtpsink.Refuse(452, "full")).Once()
		c := dial(sink)
		Expect(send(c, "bob@example.org")).To(refused(452))
		again(c)
	})

	It("refuses the body, which is not kept", func() {
		on(".", "", smtpsink.Refuse(554, "spam")).Once()
		c := dial(sink)
		Expect(send(c, "bob@example.org")).To(refused(554))
		again(c)
	})

	It("refuses a login", func() {
		on("AUTH", "", smtpsink.Refuse(454, "later")).Once()
		c := dial(sink)
		Expect(c.Auth(sasl.NewPlainClient("", "ada", "x"))).To(refused(454))
		Expect(c.Auth(sasl.NewPlainClient("", "ada", "x"))).To(Succeed())
		again(c)
	})

	It("refuses a response", func() {
		on("RESPONSE", "LOGIN", smtpsink.Refuse(535, "no")).Once()
		c := dial(sink)
		Expect(c.Auth(sasl.NewLoginClient("ada", "x"))).To(refused(535))
		Expect(c.Auth(sasl.NewLoginClient("ada", "x"))).To(Succeed())
		again(c)
	})

	It("refuses QUIT, and the session goes on", func() {
		on("QUIT", "", smtpsink.Refuse(500, "stay")).Once()
		c := dial(sink)
		Expect(c.Hello("x")).To(Succeed())
		Expect(c.Quit()).To(refused(500))
		again(c)
	})

	It("cuts the line before the message counts", func() {
		on(".", "", edit.CutAfter(0, edit.Close))
		Expect(send(dial(sink), "bob@example.org")).To(HaveOccurred())
		wait(sink)
		Expect(sink.Messages()).To(BeEmpty())
	})

	It("loses the reply to a message that counts", func() {
		on(".", "", smtpsink.LoseReply(edit.Reset))
		Expect(send(dial(sink), "bob@example.org")).To(HaveOccurred())
		wait(sink)
		Expect(sink.Messages()).To(HaveLen(1))
	})

	It("can be for one session and the nth command of it", func() {
		sink.On(fakeserver.Match{Verb: "RCPT", Session: 2, Nth: 2}, auto(smtpsink.Refuse(550, "no"))).Must()
		Expect(send(dial(sink), "a@example.org", "b@example.org")).To(Succeed())
		Expect(send(dial(sink), "a@example.org", "b@example.org")).To(refused(550))
	})

	It("fails the test when it had to fire and did not", func() {
		other := smtpsink.New(nil)
		other.On(fakeserver.Match{Verb: "MAIL"}, auto()).Must()
		Expect(other.Close()).To(MatchError("rules that never fired: MAIL"))
	})

	It("spoils the handshake, and refuses STARTTLS", func() {
		ca := fixtures.NewCA()
		secure := smtpsink.Start(GinkgoTB(), &smtpsink.Options{TLS: ca.Server()})
		secure.On(fakeserver.Match{Verb: "STARTTLS", Session: 1}, auto(smtpsink.Refuse(454, "no TLS today"))).Must()
		secure.On(fakeserver.Match{Verb: "TLS", Session: 2}, auto(edit.CutAfter(20, edit.Close))).Must()
		for range 2 {
			conn, err := net.Dial("tcp", secure.Addr())
			Expect(err).NotTo(HaveOccurred())
			c, err := smtp.NewClientStartTLS(conn, nil)
			if err == nil {
				err = c.Noop()
			}
			Expect(err).To(HaveOccurred())
			Expect(conn.Close()).To(Or(Succeed(), MatchError(net.ErrClosed)))
		}
		wait(secure)
	})
})
