package smtpsink_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/fixtures"
)

const letter = "Subject: hello\r\n\r\n.a dot, and no rewriting: \xff\r\nthe end\r\n"

func dial(sink *smtpsink.Server) *smtp.Client {
	GinkgoHelper()
	c, err := smtp.Dial(sink.Addr())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = c.Close() })
	return c
}

// send returns the error of the step that failed, and goes through all of them.
func send(c *smtp.Client, to ...string) error {
	if err := c.Mail("ada@example.org", nil); err != nil {
		return err
	}
	for _, r := range to {
		if err := c.Rcpt(r, nil); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, letter); err != nil {
		return err
	}
	return w.Close()
}

func refused(code int) types.GomegaMatcher { return WithTransform(smtpCode, Equal(code)) }

func smtpCode(err error) int {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return e.Code
	}
	return 0
}

var _ = Describe("The sink", func() {
	It("keeps what it is sent, octet by octet, several messages over one connection", func() {
		sink := smtpsink.Start(GinkgoTB(), nil)
		c := dial(sink)
		Expect(send(c, "bob@example.org", "eve@example.org")).To(Succeed())
		Expect(send(c, "bob@example.org")).To(Succeed())
		Expect(c.Quit()).To(Succeed())
		got := sink.Messages()
		Expect(got).To(HaveLen(2))
		Expect(got[0].From).To(Equal("ada@example.org"))
		Expect(got[0].Recipients).To(Equal([]string{"bob@example.org", "eve@example.org"}))
		Expect(string(got[0].Data)).To(Equal(letter))
		Expect(got[1]).To(And(HaveField("Session", 1), HaveField("TLS", false), HaveField("User", "")))
	})

	It("delivers into the maildrops of its recipients, once each, and knows no others", func() {
		ada, bob := fakeserver.NewMaildrop(), fakeserver.NewMaildrop()
		sink := smtpsink.Start(GinkgoTB(), &smtpsink.Options{
			Maildrops: map[string]*fakeserver.Maildrop{"ada": ada, "bob@example.org": bob},
		})
		c := dial(sink)
		Expect(send(c, "ada@example.org", "ada@example.net", "bob@example.org")).To(Succeed())
		Expect(send(c, "bob@example.net")).To(refused(550))
		Expect(ada.Messages()).To(HaveLen(1))
		Expect(bob.Messages()).To(HaveLen(1))
		Expect(maildrop.Read(bob.Messages()[0])).To(Equal([]byte(letter)))
		Expect(sink.Messages()).To(BeEmpty())
	})

	It("offers STARTTLS, forgets what was before it, and does not offer it again", func() {
		ca := fixtures.NewCA()
		sink := smtpsink.Start(GinkgoTB(), &smtpsink.Options{TLS: ca.Server()})
		conn, err := net.Dial("tcp", sink.Addr())
		Expect(err).NotTo(HaveOccurred())
		c, err := smtp.NewClientStartTLS(conn, &tls.Config{RootCAs: ca.Pool(), ServerName: "127.0.0.1"})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = c.Close() })
		Expect(send(c, "bob@example.org")).To(Succeed())
		Expect(c.Extension("STARTTLS")).To(BeFalse())
		Expect(sink.Messages()).To(ConsistOf(HaveField("TLS", true)))
	})

	It("speaks TLS from the start", func() {
		ca := fixtures.NewCA()
		sink := smtpsink.StartTLS(GinkgoTB(), &smtpsink.Options{TLS: ca.Server()})
		c, err := smtp.DialTLS(sink.Addr(), &tls.Config{RootCAs: ca.Pool(), ServerName: "127.0.0.1"})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = c.Close() })
		Expect(send(c, "bob@example.org")).To(Succeed())
		Expect(sink.Messages()).To(HaveLen(1))
	})

	It("lets in who knows the password, and takes mail from nobody else when told so", func() {
		sink := smtpsink.Start(GinkgoTB(), &smtpsink.Options{
			Users: map[string]fakeserver.User{"ada": {Password: "secret"}}, RequireAuth: true,
		})
		c := dial(sink)
		Expect(send(c, "bob@example.org")).To(refused(502))
		Expect(c.Auth(sasl.NewPlainClient("", "ada", "wrong"))).To(refused(535))
		Expect(c.Auth(sasl.NewLoginClient("ada", "secret"))).To(Succeed())
		Expect(send(c, "bob@example.org")).To(Succeed())
		Expect(sink.Messages()).To(ConsistOf(HaveField("User", "ada")))
		text := transcript(sink)
		Expect(text).NotTo(Or(ContainSubstring("secret"), ContainSubstring("c2VjcmV0")))
		Expect(text).To(And(ContainSubstring("C: AUTH PLAIN ********"), ContainSubstring("C: RCPT TO:<bob@example.org>")))
	})

	It("hides mechanisms that show the password until there is TLS", func() {
		sink := smtpsink.Start(GinkgoTB(), &smtpsink.Options{
			Users: map[string]fakeserver.User{"ada": {Password: "secret"}}, PlaintextNeedsTLS: true, TLS: fixtures.NewCA().Server(),
		})
		c := dial(sink)
		Expect(c.Hello("localhost")).To(Succeed())
		_, offered := c.Extension("AUTH")
		Expect(offered).To(Equal("SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5"))
		Expect(c.Auth(sasl.NewPlainClient("", "ada", "secret"))).To(refused(504))
	})

	It("answers commands that come together in their order, and a dot outside of a body", func() {
		sink := smtpsink.Start(GinkgoTB(), nil)
		conn, err := net.Dial("tcp", sink.Addr())
		Expect(err).NotTo(HaveOccurred())
		defer conn.Close()
		_, err = io.WriteString(conn, "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n"+
			"a\r\r\n.\r\nb\n.\r\n\r\n..\r\n.\r\n.\r\nBDAT 3\r\nCONNECT\r\n"+strings.Repeat("x", 3000)+"\r\nQUIT\r\n")
		Expect(err).NotTo(HaveOccurred())
		said, err := io.ReadAll(bufio.NewReader(conn))
		Expect(err).NotTo(HaveOccurred())
		var codes []string
		for l := range strings.Lines(string(said)) {
			if l[3] == ' ' {
				codes = append(codes, l[:3])
			}
		}
		Expect(strings.Join(codes, " ")).To(Equal("220 250 250 250 354 250 501 502 501 500 221"))
		Expect(string(sink.Messages()[0].Data)).To(Equal("a\r\r\n.\r\nb\n.\r\n\r\n.\r\n"))
	})
})

func transcript(sink *smtpsink.Server) string {
	GinkgoHelper()
	var all []string
	for _, t := range sink.Transcripts() {
		all = append(all, t.String())
	}
	return strings.Join(all, "\n")
}

// wait returns when the server has done with all clients.
func wait(sink *smtpsink.Server) {
	GinkgoHelper()
	Expect(sink.Wait(context.Background())).To(Succeed())
}
