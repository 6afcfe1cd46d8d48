package main_test

import (
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fixtures"
)

var _ = Describe("A real Dovecot with passwords, mechanisms and TLS", Ordered, func() {
	ca := fixtures.NewCA()
	var server *peer.Dovecot
	var u *user

	BeforeAll(func(ctx SpecContext) {
		certificate, key := ca.KeyPair()
		mail := [][]byte{[]byte("Subject: one\n\nfirst\n"), []byte("Subject: two\n\nsecond\n")}
		var err error
		server, err = peer.StartDovecot(ctx, map[string]iter.Seq[[]byte]{"demo": slices.Values(mail)}, &peer.DovecotOptions{Certificate: certificate, Key: key})
		peer.Need(GinkgoTB(), err)
		DeferCleanup(server.Stop)
	}, NodeTimeout(patience))

	BeforeEach(func() {
		u = newUser()
		Expect(os.WriteFile(u.path("ca.pem"), ca.PEM(), 0o600)).To(Succeed())
	})

	open := func() string { a := server.Account("demo"); return fmt.Sprintf("%s:%d", a.Host, a.Port) }
	implicit := func() string { a := server.SecureAccount("demo"); return fmt.Sprintf("%s:%d", a.Host, a.Port) }
	add := func(address string, more ...string) {
		GinkgoHelper()
		u.succeeds(append([]string{"account", "add", "work", "--pop3", address, "--user", "demo", "--password", server.Account("demo").Password}, more...)...)
	}
	// fetches gets both messages, and Dovecot says how we came in.
	fetches := func(method string, secured bool) {
		GinkgoHelper()
		before, err := server.Logins()
		Expect(err).NotTo(HaveOccurred())
		u.succeeds("get", "work", "--which", "all")
		Expect(u.lists("Inbox")).To(HaveLen(2))
		// Another process of Dovecot writes the log, perhaps later than the session.
		var logins []string
		Eventually(func() (_ []string, err error) { logins, err = server.Logins(); return logins, err }).
			WithTimeout(patience).Should(HaveLen(len(before) + 1))
		last := logins[len(before)]
		Expect(last).To(ContainSubstring("method=" + method + ","))
		Expect(strings.Contains(last, ", TLS,")).To(Equal(secured), last)
	}

	// methods are the ways in and what Dovecot calls them.
	methods := map[string]string{"auto": "SCRAM-SHA-256", "userpass": "PLAIN", "apop": "APOP"}
	for _, mechanism := range peer.DovecotMechanisms() {
		methods[strings.ToLower(mechanism)] = mechanism
	}
	var ways []any
	for _, auth := range slices.Sorted(maps.Keys(methods)) {
		ways = append(ways, Entry(auth, auth, methods[auth]))
	}
	DescribeTable("lets mtm in by every way it offers, and not with a wrong password", append([]any{func(auth, method string) {
		add(open(), "--auth", auth)
		fetches(method, false)
		u.succeeds("account", "set", "work", "--password", "guess")
		Expect(u.fails("get", "work")).To(MatchRegexp("the server refused the (login|APOP login): .*\\[AUTH\\]"))
	}}, ways...)...)

	It("speaks STLS and implicit TLS with a certificate of the test's authority, by every way in", func() {
		for tls, address := range map[string]string{"stls": open(), "implicit": implicit()} {
			for auth, method := range methods {
				u = newUser()
				Expect(os.WriteFile(u.path("ca.pem"), ca.PEM(), 0o600)).To(Succeed())
				add(address, "--tls", tls, "--tls-ca", "ca.pem", "--auth", auth)
				fetches(method, true)
			}
		}
	})

	DescribeTable("is not talked to under another name, or without its authority", func(tls string, more ...string) {
		address := open()
		if tls == "implicit" {
			address = implicit()
		}
		add(address, append(more, "--tls", tls)...)
		Expect(u.fails("get", "work")).To(And(ContainSubstring("starting TLS"), ContainSubstring("certificate")))
		Expect(u.lists("Inbox")).To(BeEmpty())
	},
		Entry("another name, STLS", "stls", "--tls-ca", "ca.pem", "--tls-name", "mail.example.org"),
		Entry("another name, implicit", "implicit", "--tls-ca", "ca.pem", "--tls-name", "mail.example.org"),
		Entry("unknown authority, STLS", "stls"),
		Entry("unknown authority, implicit", "implicit"),
	)

	It("is not talked to when it has no TLS and TLS was asked for", func(ctx SpecContext) {
		plain, err := peer.StartDovecot(ctx, map[string]iter.Seq[[]byte]{"demo": slices.Values([][]byte{})}, nil)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(plain.Stop)
		a := plain.Account("demo")
		add(fmt.Sprintf("%s:%d", a.Host, a.Port), "--tls", "stls")
		Expect(u.fails("get", "work")).To(ContainSubstring("starting TLS: the server refused TLS, or its certificate is not valid: STLS: the server refused"))
	}, SpecTimeout(patience))
})
