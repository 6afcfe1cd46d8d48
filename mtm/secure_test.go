package mtm_test

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fixtures"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

var _ = Describe("A line with STLS (behaviour section 3)", func() {
	ca := fixtures.NewCA()
	old := ca.Server()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	var trusted string
	BeforeEach(func() {
		trusted = filepath.Join(GinkgoT().TempDir(), "ca.pem")
		Expect(os.WriteFile(trusted, ca.PEM(), 0o600)).To(Succeed())
	})

	secured := func(certificate *tls.Config, changes ...change) *bench {
		GinkgoHelper()
		stls := func(p *account.POP3) { p.Security = account.Security{TLS: account.STLS, CA: trusted} }
		return newBench(&fakeserver.Options{TLS: certificate}, nil, mails(2), append([]change{stls}, changes...)...)
	}

	It("asks for capabilities before and after it, and logs in only then", func() {
		b := secured(ca.Server())
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.commands()).To(ContainElements("CAPA", "STLS", "CAPA", "USER demo", "CAPA", "STAT"))
		Expect(b.commands()[:4]).To(Equal([]string{"CAPA", "STLS", "CAPA", "USER demo"}))
		Expect(b.inbox()).To(HaveLen(2))
	})

	It("asks for it whatever the server lists", func() {
		b := newBench(&fakeserver.Options{TLS: ca.Server(), Capabilities: []string{"UIDL", "TOP"}}, nil, nil,
			func(p *account.POP3) { p.Security = account.Security{TLS: account.STLS, CA: trusted} })
		b.mustDo(mtm.Connect{})
	})

	It("makes a line private: a password may be shown to a server elsewhere", func() {
		b := elsewhere(&fakeserver.Options{TLS: ca.Server("mail.example.org")}, func(p *account.POP3) {
			p.Security = account.Security{TLS: account.STLS, CA: trusted}
		}, auth(account.Plain))
		b.mustDo(mtm.Connect{})
		Expect(b.loginOf()).To(Equal("AUTH PLAIN"))
	})

	It("wants the name that the account says (the original's TlsSslDomain), else the host", func() {
		b := secured(ca.Server("pop.example.net"), func(p *account.POP3) { p.Security.Name = "pop.example.net" })
		b.mustDo(mtm.Connect{})
		b = secured(ca.Server("pop.example.net"))
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrTLSRefused))
		Expect(err).To(MatchError(ContainSubstring("connect, starting TLS: the server refused TLS, or its certificate is not valid: the TLS handshake failed: ")))
	})

	It("looks at no certificate only when told so", func() {
		b := secured(fixtures.SelfSigned(), func(p *account.POP3) {
			p.Security = account.Security{TLS: account.STLS, SkipVerify: true}
		})
		b.mustDo(mtm.Connect{})
	})

	DescribeTable("is never given up: nothing of the login is sent in the clear", func(fault func(*bench), certificate *tls.Config, want error, code int) {
		b := secured(certificate)
		fault(b)
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(want))
		Expect(mtm.Code(err)).To(Equal(code))
		Expect(b.loginOf()).To(Equal("nothing"))
		Expect(b.commands()).To(Equal([]string{"CAPA", "STLS"}))
		Expect(b.box.Connected()).To(BeFalse())
	},
		Entry("STLS unknown", func(*bench) {}, nil, mtm.ErrTLSRefused, -185),
		Entry("STLS refused", func(b *bench) {
			b.srv.On(fakeserver.Match{Verb: "STLS"}, fakeserver.Auto.With(edit.Refuse("no"))).Must()
		}, ca.Server(), mtm.ErrTLSRefused, -185),
		Entry("another name", func(*bench) {}, ca.Server("mail.example.org"), mtm.ErrTLSRefused, -185),
		Entry("expired", func(*bench) {}, ca.Expired(), mtm.ErrTLSRefused, -185),
		Entry("self-signed (38)", func(*bench) {}, fixtures.SelfSigned(), mtm.ErrTLSRefused, -185),
		Entry("no common version", func(*bench) {}, old, mtm.ErrTLSFailed, -260),
		Entry("octets before the handshake (37)", func(b *bench) {
			b.srv.On(fakeserver.Match{Verb: "STLS"}, fakeserver.Auto.With(edit.Raw("+OK\r\n+OK injected\r\n"))).Must()
		}, ca.Server(), mtm.ErrTLSFailed, -260),
		Entry("a drop inside the handshake", func(b *bench) {
			b.srv.On(fakeserver.Match{Verb: "TLS"}, fakeserver.Auto.With(edit.CutAfter(50, edit.Close))).Must()
		}, ca.Server(), mtm.ErrDisconnected, -36),
	)

	DescribeTable("needs a file of certificates that is one", func(content *string, want string) {
		b := secured(ca.Server())
		Expect(os.Remove(trusted)).To(Succeed())
		if content != nil {
			Expect(os.WriteFile(trusted, []byte(*content), 0o600)).To(Succeed())
		}
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrArgument))
		Expect(err).To(MatchError(ContainSubstring(want)))
		Expect(b.srv.Transcripts()).To(BeEmpty(), "nothing is dialled")
	},
		Entry("missing", nil, "ca.pem"),
		Entry("not PEM", new("hello"), "has no certificate in PEM form"),
	)
})

var _ = Describe("A line that begins with TLS (behaviour section 3)", func() {
	It("fetches mail, and refuses a certificate of somebody else", func() {
		ca := fixtures.NewCA()
		trusted := filepath.Join(GinkgoT().TempDir(), "ca.pem")
		Expect(os.WriteFile(trusted, ca.PEM(), 0o600)).To(Succeed())
		implicit := func(certificate *tls.Config) *bench {
			srv := fakeserver.StartTLS(GinkgoTB(), fakeserver.NewMaildrop(mails(2)...), &fakeserver.Options{TLS: certificate})
			b := newBench(nil, nil, nil, func(p *account.POP3) {
				_, port, err := net.SplitHostPort(srv.Addr())
				Expect(err).NotTo(HaveOccurred())
				p.Port, err = strconv.Atoi(port)
				Expect(err).NotTo(HaveOccurred())
				p.Security = account.Security{TLS: account.Implicit, CA: trusted}
			})
			b.srv = srv
			return b
		}
		b := implicit(ca.Server())
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.children(store.Inbox)).To(HaveLen(2))
		Expect(b.commands()[:2]).To(Equal([]string{"CAPA", "USER demo"}))

		b = implicit(ca.Server("mail.example.org"))
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrTLSRefused))
	})
})
