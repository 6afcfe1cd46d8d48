package main_test

import (
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fixtures"
)

var _ = Describe("account, safely", func() {
	var u *user
	ca := fixtures.NewCA()
	BeforeEach(func() {
		u = newUser()
		Expect(os.WriteFile(u.path("ca.pem"), ca.PEM(), 0o600)).To(Succeed())
		Expect(os.WriteFile(u.path("not.pem"), []byte("hello"), 0o600)).To(Succeed())
	})

	add := func(more ...string) []string {
		return append([]string{"account", "add", "work", "--user", "demo", "--password", "demo"}, more...)
	}
	shows := func() map[string]any {
		GinkgoHelper()
		var v map[string]any
		fromJSON(u.succeeds("account", "show", "work", "--json"), &v)
		return v
	}

	It("takes every setting and shows it (behaviour section 10)", func() {
		u.succeeds(add("--pop3", "pop.example.org", "--tls", "stls", "--tls-ca", "ca.pem", "--tls-name", "pop.example.net",
			"--token-env", "TOKEN", "--auth", "xoauth2,scram-sha-256", "--auth-unlisted", "--allow-plaintext", "--ignore-uidl", "--sync-limit", "9",
			"--disconnected-mode", "--autosend", "--get-mail-options", "headers", "--max-email-size", "2MiB", "--population-limit", "50", "--charset", "shift_jis",
			"--max-message", "1GiB", "--max-time", "10m", "--min-rate", "1KiB",
			"--smtp", "smtp.example.org", "--from", "ada@example.org", "--smtp-tls", "starttls", "--smtp-tls-name", "smtp.example.net",
			"--smtp-auth", "plain", "--smtp-user", "ada", "--smtp-password-command", "pass smtp", "--smtp-send", "on-request",
			"--smtp-copy-to-self", "bcc", "--smtp-signature", "Ada", "--smtp-vcard", "ada.vcf", "--smtp-request-receipts",
			"--smtp-receipt-address", "r@example.org", "--smtp-reply-to", "a@example.net", "--smtp-to-cc-include-limit", "80")...)
		v := shows()
		for name, want := range map[string]any{
			"pop3": "pop.example.org:110", "tls": "stls", "tls_ca": u.path("ca.pem"), "tls_name": "pop.example.net", "tls_insecure_skip_verify": false,
			"password": "stored", "token": "from environment variable TOKEN", "auth": "xoauth2,scram-sha-256", "auth_unlisted": true,
			"allow_plaintext": true, "ignore_uidl": true, "sync_limit": 9.0, "disconnected_mode": true, "autosend": true, "get_mail_options": "headers",
			"max_email_size": 2097152.0, "population_limit": 50.0, "max_message": 1073741824.0, "max_time": "10m0s", "min_rate": 1024.0, "charset": "shift_jis",
		} {
			Expect(v).To(HaveKeyWithValue(name, want))
		}
		Expect(v["smtp"]).To(Equal(map[string]any{
			"service": 8.0, "smtp": "smtp.example.org:25", "from": "ada@example.org", "tls": "starttls", "tls_ca": "", "tls_name": "smtp.example.net",
			"tls_insecure_skip_verify": false, "auth": "plain", "inbox_login": false, "user": "ada", "password": "from a command", "token": "empty",
			"allow_plaintext": false, "send": "on-request", "copy_to_self": "bcc", "signature": "Ada", "vcard": u.path("ada.vcf"),
			"request_receipts": true, "receipt_address": "r@example.org", "reply_to": "a@example.net", "to_cc_include_limit": 80.0,
		}))
		text := u.succeeds("account", "show", "work")
		Expect(text).To(And(ContainSubstring("max-email-size                 2MiB\n"), ContainSubstring("smtp-send                      on-request\n"), ContainSubstring("smtp-service                   8\n")))
		u.succeeds("account", "set", "work", "--smtp", "")
		Expect(shows()).To(HaveKeyWithValue("smtp", BeNil()))
	})

	DescribeTable("chooses the usual port, where the original leaves 110", func(want string, steps ...string) {
		for i, step := range steps {
			if i == 0 {
				u.succeeds(add(strings.Fields(step)...)...)
			} else {
				u.succeeds(append([]string{"account", "set", "work"}, strings.Fields(step)...)...)
			}
		}
		Expect(shows()).To(HaveKeyWithValue("pop3", want))
	},
		Entry("no TLS", "h:110", "--pop3 h"),
		Entry("implicit TLS", "h:995", "--pop3 h --tls implicit"),
		Entry("STLS", "h:110", "--pop3 h --tls stls"),
		Entry("a port that is given stays", "h:110", "--pop3 h:110 --tls implicit"),
		Entry("TLS comes later", "h:995", "--pop3 h", "--tls implicit"),
		Entry("another TLS comes later", "h:110", "--pop3 h --tls implicit", "--tls stls"),
		Entry("a port of one's own stays", "h:1110", "--pop3 h:1110", "--tls implicit"),
		Entry("another host", "i:995", "--pop3 h --tls implicit", "--pop3 i"),
	)

	DescribeTable("refuses what cannot be safe", func(want string, more ...string) {
		Expect(u.misuses(add(append([]string{"--pop3", "h"}, more...)...)...)).To(ContainSubstring(want))
	},
		Entry("an unknown TLS", "choose one of none, stls, implicit", "--tls", "ssl"),
		Entry("a CA without TLS", "need tls", "--tls-ca", "ca.pem"),
		Entry("a CA that is not there", "--tls-ca: open missing.pem", "--tls", "stls", "--tls-ca", "missing.pem"),
		Entry("a file without a certificate", "not.pem has no certificate in PEM form", "--tls", "stls", "--tls-ca", "not.pem"),
		Entry("a token method without a token", "auth xoauth2 needs a token", "--auth", "xoauth2"),
		Entry("two sources of a token", "--token-env and --token exclude each other", "--token", "a", "--token-env", "B"),
		Entry("SMTP without a sender", "smtp-from", "--smtp", "h"),
		Entry("a sender without SMTP", "smtp-host is missing", "--from", "a@b"),
		Entry("an invalid address", "--smtp \"h:x\" is not HOST", "--smtp", "h:x", "--from", "a@b"),
	)

	It("warns of certificates that are not checked, at each use", func() {
		s := fakeserver.Start(tb(), fakeserver.NewMaildrop(letters("a1")...), &fakeserver.Options{TLS: fixtures.SelfSigned()})
		warned := func(r result) {
			GinkgoHelper()
			Expect(r.status).To(BeZero())
			Expect(r.err).To(Equal("mtm: warning: account work has --tls-insecure-skip-verify: " +
				"no certificate is checked, and an attacker on the network can read and change everything\n"))
		}
		warned(u.types(add("--pop3", s.Addr(), "--tls", "stls", "--tls-insecure-skip-verify")...))
		warned(u.types("get", "work"))
		warned(u.feeds("connect\nget\n", "shell", "work"))
		Expect(u.lists("Inbox")).To(HaveLen(1))
	})

	It("fetches through STLS and implicit TLS with the CA it is given, and not with another", func() {
		options := &fakeserver.Options{TLS: ca.Server()}
		plain := fakeserver.Start(tb(), fakeserver.NewMaildrop(letters("a1", "a2")...), options)
		u.succeeds(add("--pop3", plain.Addr(), "--tls", "stls", "--tls-ca", "ca.pem")...)
		u.succeeds("get", "work")
		Expect(u.lists("Inbox")).To(HaveLen(2))

		implicit := fakeserver.StartTLS(tb(), fakeserver.NewMaildrop(letters("b1")...), options)
		u.succeeds("account", "set", "work", "--pop3", implicit.Addr(), "--tls", "implicit")
		u.succeeds("get", "work")
		Expect(u.lists("Inbox")).To(HaveLen(3))

		u.succeeds("account", "set", "work", "--tls-ca", "")
		Expect(u.fails("get", "work")).To(ContainSubstring("starting TLS: the server refused TLS, or its certificate is not valid"))
		u.succeeds("account", "set", "work", "--tls-ca", "ca.pem", "--tls-name", "pop.example.org")
		Expect(u.fails("get", "work")).To(ContainSubstring("pop.example.org"))
	})

	It("logs in with a token from a command", func() {
		s := fakeserver.Start(tb(), fakeserver.NewMaildrop(letters("a1")...), &fakeserver.Options{
			Users: map[string]fakeserver.User{"demo": {Token: "t0ken"}},
		})
		u.succeeds("account", "add", "work", "--pop3", s.Addr(), "--user", "demo", "--token-command", "echo t0ken")
		u.succeeds("get", "work")
		Expect(s.Transcripts()[0].String()).To(ContainSubstring("AUTH OAUTHBEARER"))
	})
})
