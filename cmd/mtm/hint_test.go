package main_test

import (
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/fixtures"
)

var _ = Describe("What a failure advises", func() {
	const wantsTLS, otherLogin, locked = "the server requires TLS: 'mtm account set work --tls stls'", "with --user and --password", "the password is not the cause"
	var u *user
	BeforeEach(func() { u = newUser() })

	DescribeTable("fits what a server without TLS says to a login", func(verb, said, advice string) {
		s, _ := serve(letters("a1")...)
		u.addAccount(s, "--auth", "userpass")
		s.On(fakeserver.Match{Verb: verb}, fakeserver.Auto.With(edit.Refuse(said))).Once()
		Expect(u.fails("get", "work")).To(ContainSubstring(advice))
	},
		Entry("Dovecot", "USER", "[AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.", wantsTLS),
		Entry("WildDuck", "USER", "command is not valid in this state", wantsTLS),
		Entry("Exchange", "USER", "Command is not valid in this state.", wantsTLS),
		Entry("Cyrus", "USER", "[AUTH] USER command only available under a layer", wantsTLS),
		Entry("a server that names STLS", "USER", "Must issue a STLS command first", wantsTLS),
		Entry("a server that tells after the password", "PASS", "cleartext logins are disabled", wantsTLS),
		Entry("a server whose login is disabled", "USER", "USER command disabled", wantsTLS),
		Entry("a greeting that wants encryption", "CONNECT", "Unencrypted connections are not allowed", wantsTLS),
		Entry("a user who is not known", "USER", "no such user", otherLogin),
		Entry("a wrong password", "PASS", "invalid password", otherLogin),
		Entry("an account that is locked", "PASS", "account locked after too many failures", otherLogin),
		Entry("RFC 1939's lock", "PASS", "maildrop already locked", locked),
		Entry("a lock with a code", "PASS", "[IN-USE] try later", locked),
		Entry("Qpopper's lock", "PASS", "/var/mail/.ada.pop lock busy!  Is another session active? (11)", locked),
		Entry("Cyrus's lock", "PASS", "Unable to lock maildrop: Mailbox is locked by POP server", locked),
	)

	It("names TLS for a port that begins with it, before the timeout is over", func() {
		s := fakeserver.StartTLS(tb(), fakeserver.NewMaildrop(letters("a1")...), &fakeserver.Options{TLS: fixtures.NewCA().Server()})
		u.addAccount(s)
		Expect(u.fails("get", "work", "--timeout", "4s")).To(HaveSuffix(
			"the port begins with TLS, but the account's setting tls is not implicit; 'mtm account set work --tls implicit' is for ports that begin with TLS"))
		plain, _ := serve(letters("a1")...)
		u.succeeds("account", "set", "work", "--pop3", plain.Addr(), "--tls", "implicit")
		Expect(u.fails("get", "work")).To(HaveSuffix("'mtm account set work --tls stls' is for ports that do not begin with TLS"))
		u.succeeds("account", "set", "work", "--tls", "stls")
		Expect(u.fails("get", "work")).To(ContainSubstring("the server has no TLS on this port: 'mtm account set work --tls implicit --pop3 HOST:PORT'"))
	})

	It("names the date on which a certificate expired, and no option that cannot help", func() {
		ca := fixtures.NewCA()
		Expect(os.WriteFile(u.path("ca.pem"), ca.PEM(), 0o600)).To(Succeed())
		s := fakeserver.Start(tb(), fakeserver.NewMaildrop(letters("a1")...), &fakeserver.Options{TLS: ca.Expired()})
		u.addAccount(s, "--tls", "stls", "--tls-ca", "ca.pem")
		Expect(u.fails("get", "work")).To(And(MatchRegexp(`the server's certificate, for \S+, expired on \d{4}-\d\d-\d\d; nothing in the account's settings is wrong`),
			Not(ContainSubstring("--tls"))))
	})

	It("names the option that trusts a certificate", func() {
		ca := fixtures.NewCA()
		Expect(os.WriteFile(u.path("ca.pem"), ca.PEM(), 0o600)).To(Succeed())
		s := fakeserver.Start(tb(), fakeserver.NewMaildrop(letters("a1")...), &fakeserver.Options{TLS: ca.Server()})
		u.addAccount(s, "--tls", "stls")
		Expect(u.fails("get", "work")).To(HaveSuffix("'mtm account set work --tls-ca FILE' sets the certificate authority to trust"))
		u.succeeds("account", "set", "work", "--tls-ca", "ca.pem", "--tls-name", "pop.example.org")
		Expect(u.fails("get", "work")).To(HaveSuffix("--tls-name NAME' accepts the name in its certificate"))
	})
})

var _ = Describe("What a failure to send advises", func() {
	// sender has a message in the Outbox for a server for mail with these options.
	sender := func(o *smtpsink.Options, flags ...string) (*user, *smtpsink.Server) {
		GinkgoHelper()
		sink := smtpsink.Start(GinkgoTB(), o)
		s, _ := serve()
		u := newUser()
		u.addAccount(s, append([]string{"--smtp", sink.Addr(), "--from", "ada@example.org"}, flags...)...)
		u.succeeds("compose", "--to", "ben@example.org", "--subject", "Plan", "--text", "At noon?")
		return u, sink
	}

	It("names TLS for a server without it, and for a port that begins with it", func() {
		u, sink := sender(nil, "--smtp-tls", "starttls")
		Expect(u.fails("send", "work")).To(HaveSuffix("the server does not offer STARTTLS; the server has no TLS on this port: " +
			"'mtm account set work --smtp-tls implicit --smtp HOST:PORT' is for a port that begins with TLS, usually 465"))
		u.succeeds("account", "set", "work", "--smtp", sink.Addr(), "--smtp-tls", "implicit")
		Expect(u.fails("send", "work")).To(HaveSuffix("'mtm account set work --smtp-tls starttls' is for ports that do not begin with TLS"))
	})

	It("says why a certificate is refused", func() {
		ca := fixtures.NewCA()
		u, _ := sender(&smtpsink.Options{TLS: ca.Server()}, "--smtp-tls", "starttls")
		Expect(u.fails("send", "work")).To(HaveSuffix("'mtm account set work --smtp-tls-ca FILE' sets the certificate authority to trust"))
		Expect(os.WriteFile(u.path("ca.pem"), ca.PEM(), 0o600)).To(Succeed())
		u.succeeds("account", "set", "work", "--smtp-tls-ca", "ca.pem", "--smtp-tls-name", "other.example")
		Expect(u.fails("send", "work")).To(HaveSuffix("--smtp-tls-name NAME' accepts the name in its certificate"))
		u.succeeds("account", "set", "work", "--smtp-tls-name", "")
		Expect(u.succeeds("send", "work")).To(HaveSuffix("1 message sent\n"))
		u, _ = sender(&smtpsink.Options{TLS: ca.Expired()}, "--smtp-tls", "starttls")
		Expect(u.fails("send", "work")).To(ContainSubstring("expired on "))
	})

	DescribeTable("fits what the server refuses", func(verb string, code int, said, advice string) {
		u, sink := sender(nil)
		sink.On(fakeserver.Match{Verb: verb}, fakeserver.Auto.With(smtpsink.Refuse(code, said)))
		r := u.types("send", "work")
		Expect(r.status).To(Equal(1))
		Expect(r.err).To(HaveSuffix(advice + "\n"))
	},
		Entry("TLS before mail", "MAIL", 530, "Must issue a STARTTLS command first", "'mtm account set work --smtp-tls starttls', or --smtp-tls implicit for a port that begins with TLS, such as 465"),
		Entry("no service", "CONNECT", 554, "no service here", "changes the server"),
	)

	It("names the server that is not there", func() {
		u, _ := sender(nil)
		u.succeeds("account", "set", "work", "--smtp", "127.0.0.1:1")
		Expect(u.fails("send", "work")).To(HaveSuffix("is a mail server running on 127.0.0.1:1? 'mtm account set work --smtp HOST:PORT' changes the server"))
	})
})
