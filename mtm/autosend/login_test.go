package autosend_test

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// users returns one user, whose secrets are easy to find where they must not be.
func users() map[string]fakeserver.User {
	return map[string]fakeserver.User{"ada": {Password: "hunter2hunter2", Token: "tokentoken"}}
}

// login makes the account log in.
func login(auth account.Auth) func(*account.POP3) {
	return func(p *account.POP3) {
		p.SMTP.Auth, p.SMTP.LoginName = auth, "ada"
		p.SMTP.Password.Literal, p.SMTP.Token.Literal = "hunter2hunter2", "tokentoken"
	}
}

// remote makes the account take the server for one of another machine.
func remote(p *account.POP3) { p.SMTP.Host = "mail.example.org" }

var _ = Describe("Logging in to send", func() {
	DescribeTable("works with each mechanism, and shows no secret",
		func(auth account.Auth) {
			b := newBench(&smtpsink.Options{Users: users(), RequireAuth: true}, login(auth))
			b.queue("x", store.SendWaiting)
			Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
			Expect(b.sink.Messages()).To(ConsistOf(HaveField("User", "ada")))
			text := b.sink.Transcripts()[0].String()
			Expect(text).NotTo(Or(ContainSubstring("hunter2"), ContainSubstring("tokentoken"), ContainSubstring("aHVudGVyMmh1bnRlcjI")))
		},
		Entry(nil, account.Auto), Entry(nil, account.Plain), Entry(nil, account.Login), Entry(nil, account.CRAMMD5),
		Entry(nil, account.SCRAMSHA1), Entry(nil, account.SCRAMSHA256), Entry(nil, account.XOAUTH2), Entry(nil, account.OAuthBearer),
	)

	It("uses the login of the mailbox when the account says so", func() {
		b := newBench(&smtpsink.Options{Users: map[string]fakeserver.User{"ada": {Password: "inbox"}}, RequireAuth: true},
			func(p *account.POP3) { p.SMTP.Auth, p.SMTP.InboxLogin = account.Auto, true })
		b.queue("x", store.SendWaiting)
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
	})

	It("tries nothing else after a refusal, and repeats no secret that the server repeats", func() {
		b := newBench(&smtpsink.Options{Users: users()}, login(account.SCRAMSHA256+","+account.Plain))
		b.on("AUTH", "", smtpsink.Refuse(535, "not hunter2hunter2"))
		id := b.queue("x", store.SendWaiting)
		_, err := b.run(nil)
		Expect(err).To(MatchError(symbian.ErrLoginRefused))
		Expect(err.Error()).NotTo(ContainSubstring("hunter2"))
		Expect(strings.Count(b.sink.Transcripts()[0].String(), "C: AUTH")).To(Equal(1))
		Expect(b.entry(id).Sending).To(Equal(store.SendWaiting))
	})

	It("does not send a password in clear text to another machine unless it may", func() {
		b := newBench(&smtpsink.Options{Users: users(), Mechanisms: []string{"PLAIN"}}, login(account.Auto), remote)
		b.queue("x", store.SendWaiting)
		o := &autosend.Options{Dial: b.dial}
		Expect(b.fails(o)).To(And(MatchError(symbian.ErrAuthenticationFailed), MatchError(ContainSubstring("clear text"))))
		Expect(b.sink.Transcripts()[0].String()).NotTo(ContainSubstring("C: AUTH"))

		b.account(login(account.Auto), remote, func(p *account.POP3) { p.SMTP.AllowPlaintext = true })
		b.queue("y", store.SendWaiting)
		Expect(b.run(o)).To(Equal(autosend.Result{Sent: 1}))
	})

	It("says what the server offers when that is not enough", func() {
		b := newBench(&smtpsink.Options{Users: users(), Mechanisms: []string{"PLAIN"}}, login(account.SCRAMSHA256))
		b.queue("x", store.SendWaiting)
		Expect(b.fails(nil)).To(MatchError(ContainSubstring(`the server offers "PLAIN", and smtp-auth is scram-sha-256`)))
	})
})

var _ = Describe("TLS to send", func() {
	ca := fixtures.NewCA()
	path := func() string {
		GinkgoHelper()
		file := filepath.Join(GinkgoT().TempDir(), "ca.pem")
		Expect(os.WriteFile(file, ca.PEM(), 0o600)).To(Succeed())
		return file
	}
	trusting := func(tls account.TLS) func(*account.POP3) {
		file := path()
		return func(p *account.POP3) { p.SMTP.Security = account.Security{TLS: tls, CA: file} }
	}

	It("begins with STARTTLS", func() {
		b := newBench(&smtpsink.Options{TLS: ca.Server(), Users: users(), PlaintextNeedsTLS: true}, trusting(account.StartTLS), login(account.Plain))
		b.queue("x", store.SendWaiting)
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
		Expect(b.sink.Messages()).To(ConsistOf(HaveField("TLS", true)))
	})

	It("begins at once", func() {
		b := &bench{sink: smtpsink.StartTLS(GinkgoTB(), &smtpsink.Options{TLS: ca.Server()})}
		b.open(nil)
		b.account(trusting(account.Implicit))
		b.queue("x", store.SendWaiting)
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
	})

	It("refuses a server that has none, or whose certificate is not trusted", func() {
		b := newBench(nil, trusting(account.StartTLS))
		b.queue("x", store.SendWaiting)
		Expect(b.fails(nil)).To(MatchError(symbian.ErrSMTPTLS))
		b = newBench(&smtpsink.Options{TLS: fixtures.SelfSigned()}, trusting(account.StartTLS))
		b.queue("x", store.SendWaiting)
		Expect(b.fails(nil)).To(MatchError(symbian.ErrSMTPTLS))
		Expect(b.sink.Transcripts()[0].String()).NotTo(ContainSubstring("MAIL"))
	})

	It("refuses what comes in clear text behind the reply to STARTTLS", func() {
		b := newBench(&smtpsink.Options{TLS: ca.Server(), Users: users()}, trusting(account.StartTLS), login(account.Plain))
		ahead(b, "STARTTLS", "250-mail\r\n250 AUTH PLAIN\r\n", 0)
		b.queue("x", store.SendWaiting)
		Expect(b.fails(nil)).To(And(MatchError(symbian.ErrSMTPTLS), MatchError(ContainSubstring("was sent before it was due"))))
		Expect(b.sink.Transcripts()[0].String()).NotTo(ContainSubstring("AUTH PLAIN "))
	})
})

// ahead makes the server send more behind its reply to a verb, in one piece with it or after a
// pause.
func ahead(b *bench, verb, more string, pause time.Duration) {
	b.sink.On(fakeserver.Match{Verb: verb}, func(x *fakeserver.Exchange) edit.Reply {
		reply := fakeserver.Auto(x)
		if pause > 0 {
			return append(reply, edit.Chunk{Bytes: []byte(more), Pause: pause})
		}
		var all []byte
		for _, chunk := range reply {
			all = append(all, chunk.Bytes...)
		}
		return edit.Reply{{Bytes: append(all, more...)}}
	}).Must()
}

var _ = Describe("A reply that nobody asked for", func() {
	DescribeTable("ends the session, and is not taken for that to the next command", func(verb, more string, want symbian.Code) {
		b := newBench(nil)
		ahead(b, verb, more, 0)
		id := b.queue("x", store.SendWaiting)
		err := b.fails(nil)
		Expect(err).To(MatchError(want))
		Expect(err).To(MatchError(ContainSubstring(strings.TrimSpace(more))))
		Expect(b.entry(id).Sending).To(Equal(store.SendWaiting))
		Expect(b.subjects()).To(BeEmpty())
	},
		Entry("behind the greeting", "CONNECT", "250 go on\r\n", symbian.ErrBufferOverflow),
		Entry("behind EHLO", "EHLO", "250 sender\r\n", symbian.ErrBufferOverflow),
		Entry("behind MAIL", "MAIL", "250 recipient\r\n", symbian.ErrBufferOverflow),
		Entry("before the end of the message", "DATA", "250 taken\r\n", symbian.ErrBufferOverflow),
		Entry("without the end of its line", "RCPT", "3", symbian.ErrBufferOverflow),
		Entry("that ends the session", "MAIL", "421 going down\r\n", symbian.ErrDisconnected),
	)

	It("is found too when it comes later than the reply that was due", func() {
		b := newBench(nil)
		body := "Subject: long\r\n\r\n" + strings.Repeat("x\r\n", 10_000_000) // more than the system buffers
		b.put(body, "long", store.SendWaiting)
		ahead(b, "DATA", "250 taken\r\n", time.Millisecond)
		Expect(b.fails(nil)).To(MatchError(symbian.ErrBufferOverflow))
		Expect(b.subjects()).To(BeEmpty())
	})
})
