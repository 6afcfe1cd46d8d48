package account_test

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/account"
)

var _ = Describe("The way to log in", func() {
	DescribeTable("of the original's flags POP3Auth, FallBack and Apop is a list (behaviour section 3)",
		func(pop3Auth, fallBack, apop bool, want account.Auth) {
			got := account.OriginalAuth(pop3Auth, fallBack, apop)
			Expect(got).To(Equal(want))
			p := valid()
			p.Auth = got
			Expect(p.Validate()).To(Succeed())
		},
		Entry(nil, false, false, false, account.UserPass),
		Entry(nil, false, false, true, account.APOP),
		Entry(nil, false, true, false, account.UserPass),
		Entry(nil, false, true, true, account.APOP),
		Entry(nil, true, false, false, account.CRAMMD5),
		Entry(nil, true, false, true, account.CRAMMD5),
		Entry(nil, true, true, false, account.Auth("cram-md5,plain,login,userpass")),
		Entry(nil, true, true, true, account.Auth("cram-md5,apop")),
	)

	It("is looked for in the order of the list; auto hides secrets before it shows them", func() {
		Expect(account.Auth("plain, apop").Methods(false)).To(Equal([]account.Auth{account.Plain, account.APOP}))
		strong := []account.Auth{account.OAuthBearer, account.XOAUTH2, account.SCRAMSHA256, account.SCRAMSHA1, account.CRAMMD5}
		Expect(account.Auto.Methods(true)).To(Equal(append(strong[:5:5], account.Plain, account.Login, account.UserPass)))
		Expect(account.Auto.Methods(false)).To(Equal(append(strong[:5:5], account.APOP, account.Plain, account.Login, account.UserPass)))
	})

	DescribeTable("must make sense", func(auth account.Auth, want string) {
		p := valid()
		p.Auth = auth
		Expect(p.Validate()).To(MatchError(ContainSubstring(want)))
	},
		Entry(nil, account.Auth(""), `auth "" is not one of [auto userpass apop plain`),
		Entry(nil, account.Auth("apop,magic"), `auth "magic" is not one of`),
		Entry(nil, account.Auth("apop,plain,apop"), "auth names apop twice"),
		Entry(nil, account.Auth("auto,plain"), "auth auto excludes all others"),
		Entry(nil, account.XOAUTH2, "auth xoauth2 needs a token"),
		Entry(nil, account.Auth("xoauth2,oauthbearer"), "needs a token"),
		Entry("none is for SMTP", account.NoAuth, `auth "none" is not one of`),
	)

	It("may be a token's alone, or a password's when there is no token", func() {
		p := valid()
		p.Auth, p.Token.Env = account.XOAUTH2, "TOKEN"
		Expect(p.Validate()).To(Succeed())
		p.Auth, p.Token.Env = "xoauth2,plain", ""
		Expect(p.Validate()).To(Succeed())
	})
})

var _ = Describe("A token", func() {
	It("may be long, never shows itself, and its errors say that it is a token", func() {
		long := account.Token{Literal: strings.Repeat("t", 16<<10)}
		Expect(long.Reveal(context.Background())).To(HaveLen(16 << 10))
		s := valid()
		s.Token.Literal = "t0ken"
		Expect(fmt.Sprintf("%v %+v %#v %s", s, s, s, s.Token)).NotTo(ContainSubstring("t0ken"))
		s.Token.Literal = strings.Repeat("t", 16<<10+1)
		Expect(s.Validate()).To(MatchError("token is longer than 16384 octets"))
		s.Token = account.Token{Literal: "a", Command: "b"}
		Expect(s.Validate()).To(MatchError("give one of a token, a variable for it or a command for it, not several"))
		_, err := account.Token{Command: "exit 2"}.Reveal(context.Background())
		Expect(err).To(MatchError("the token command: exit status 2"))
	})
})

var _ = Describe("The settings of behaviour section 10", func() {
	It("have a name and the original's default each", func() {
		Expect(account.Defaults().Map()).To(Equal(map[string]string{
			"host": "", "port": "110", "tls": "none", "tls-ca": "", "tls-name": "", "tls-insecure-skip-verify": "false",
			"user": "", "password": "", "password-env": "", "password-command": "", "token": "", "token-env": "", "token-command": "",
			"auth": "auto", "auth-unlisted": "false", "allow-plaintext": "false", "ignore-uidl": "false", "sync-limit": "-1", "disconnected-mode": "false", "bearer-mobility": "false",
			"autosend": "false", "get-mail-options": "messages", "max-email-size": "0", "max-message": "2147483648", "max-time": "0s", "min-rate": "0", "population-limit": "-1", "charset": "windows-1252",
			"smtp-host": "", "smtp-port": "25", "smtp-tls": "none", "smtp-tls-ca": "", "smtp-tls-name": "", "smtp-tls-insecure-skip-verify": "false",
			"smtp-from": "", "smtp-auth": "none", "smtp-inbox-login": "false", "smtp-user": "", "smtp-password": "", "smtp-password-env": "",
			"smtp-password-command": "", "smtp-token": "", "smtp-token-env": "", "smtp-token-command": "", "smtp-allow-plaintext": "false",
			"smtp-send": "immediately", "smtp-copy-to-self": "no", "smtp-signature": "", "smtp-vcard": "", "smtp-request-receipts": "false",
			"smtp-receipt-address": "", "smtp-reply-to": "", "smtp-to-cc-include-limit": "0",
		}))
	})

	DescribeTable("survive being written and read, one by one", func(name, value string, more ...string) {
		m := valid().Map()
		Expect(m[name]).NotTo(Equal(value))
		m[name] = value
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		p, err := account.FromMap(m)
		Expect(err).NotTo(HaveOccurred())
		Expect(p.Map()).To(Equal(m))
	},
		Entry(nil, "tls", "stls"), Entry(nil, "tls", "implicit"), Entry(nil, "tls-ca", "ca.pem", "tls", "stls"),
		Entry(nil, "tls-name", "pop.example.org", "tls", "stls"), Entry(nil, "tls-insecure-skip-verify", "true", "tls", "stls"),
		Entry(nil, "token-command", "oauth"), Entry(nil, "auth", "cram-md5,apop"), Entry(nil, "auth-unlisted", "true", "auth", "plain"),
		Entry(nil, "autosend", "true"), Entry(nil, "get-mail-options", "headers"), Entry(nil, "max-email-size", "9000000000"),
		Entry(nil, "population-limit", "50"),
		Entry(nil, "charset", "shift_jis"),
		Entry(nil, "smtp-host", "smtp.example.org", "smtp-from", "ada@example.org"),
		Entry(nil, "smtp-auth", "auto", "smtp-inbox-login", "true", "smtp-host", "h", "smtp-from", "a@b"),
		Entry(nil, "smtp-user", "ada", "smtp-auth", "scram-sha-256,plain", "smtp-password-env", "P", "smtp-host", "h", "smtp-from", "a@b"),
		Entry(nil, "smtp-tls", "starttls", "smtp-tls-name", "n", "smtp-host", "h", "smtp-from", "a@b"),
		Entry(nil, "smtp-signature", "Ada\n-- \nLondon", "smtp-vcard", "ada.vcf", "smtp-send", "on-request", "smtp-copy-to-self", "bcc",
			"smtp-request-receipts", "true", "smtp-receipt-address", "r@b", "smtp-reply-to", "Ada <a@c>", "smtp-to-cc-include-limit", "99",
			"smtp-host", "h", "smtp-from", "a@b"),
	)

	DescribeTable("that cannot work name the setting", func(want string, pairs ...string) {
		m := valid().Map()
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		_, err := account.FromMap(m)
		Expect(err).To(MatchError(ContainSubstring(want)))
	},
		Entry("TLS of another protocol", `tls "starttls" is not one of [none stls implicit]`, "tls", "starttls"),
		Entry("a CA without TLS", "need tls", "tls-ca", "ca.pem"),
		Entry("a name that is not looked at", "accepts any certificate", "tls", "stls", "tls-name", "x", "tls-insecure-skip-verify", "true"),
		Entry("a line break in the name", "tls-name has", "tls", "stls", "tls-name", "a\nb"),
		Entry("auto for something unlisted", "auth-unlisted needs auth set", "auth-unlisted", "true"),
		Entry("an unknown choice", `get-mail-options "all" is not headers or messages`, "get-mail-options", "all"),
		Entry("a negative size", "max-email-size -1", "max-email-size", "-1"),
		Entry("a charset that nobody knows", "charset \"klingon\"", "charset", "klingon"),
		Entry("a limit below -1", "population-limit -2", "population-limit", "-2"),
		Entry("SMTP without a host", "smtp-host is missing", "smtp-from", "a@b"),
		Entry("SMTP without a sender", "smtp-from", "smtp-host", "h"),
		Entry("an invalid sender", `smtp-from "ada" is not an address`, "smtp-host", "h", "smtp-from", "ada"),
		Entry("a sender that would add a header", "smtp-from has", "smtp-host", "h", "smtp-from", "a@b\r\nBcc: c@d"),
		Entry("a port", "smtp-port 0", "smtp-host", "h", "smtp-from", "a@b", "smtp-port", "0"),
		Entry("a number", `smtp-port "x" is not a whole number`, "smtp-port", "x"),
		Entry("TLS", `smtp-tls "stls" is not one of [none starttls implicit]`, "smtp-host", "h", "smtp-from", "a@b", "smtp-tls", "stls"),
		Entry("a certificate without TLS", "need smtp-tls", "smtp-host", "h", "smtp-from", "a@b", "smtp-tls-ca", "x"),
		Entry("APOP", `smtp-auth "apop" is not one of`, "smtp-host", "h", "smtp-from", "a@b", "smtp-auth", "apop"),
		Entry("a login without a user", "smtp-auth needs smtp-user", "smtp-host", "h", "smtp-from", "a@b", "smtp-auth", "auto"),
		Entry("a user without a login", "a login for SMTP needs smtp-auth", "smtp-host", "h", "smtp-from", "a@b", "smtp-user", "x"),
		Entry("two logins", "it excludes smtp-user", "smtp-host", "h", "smtp-from", "a@b", "smtp-auth", "auto", "smtp-inbox-login", "true", "smtp-user", "x"),
		Entry("a token method without one", "needs a token", "smtp-host", "h", "smtp-from", "a@b", "smtp-auth", "xoauth2", "smtp-user", "x"),
		Entry("sending", `smtp-send "soon" is not one of [immediately on-next-connection on-request]`, "smtp-host", "h", "smtp-from", "a@b", "smtp-send", "soon"),
		Entry("a copy", `smtp-copy-to-self "yes" is not one of [no to cc bcc]`, "smtp-host", "h", "smtp-from", "a@b", "smtp-copy-to-self", "yes"),
		Entry("a signature with control characters", "smtp-signature has", "smtp-host", "h", "smtp-from", "a@b", "smtp-signature", "a\r\nb"),
		Entry("a limit", "smtp-to-cc-include-limit -1", "smtp-host", "h", "smtp-from", "a@b", "smtp-to-cc-include-limit", "-1"),
	)

	It("of SMTP survive too", func() {
		s := account.SMTPDefaults()
		s.Host, s.From, s.Send = "h", "a@b", account.OnNextConnection
		p := valid()
		p.SMTP = s
		back, err := account.FromMap(p.Map())
		Expect(err).NotTo(HaveOccurred())
		Expect(back.SMTP).To(Equal(s))
		Expect(s.Address()).To(Equal("h:25"))
	})
})
