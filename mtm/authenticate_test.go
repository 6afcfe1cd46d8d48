package mtm_test

import (
	"context"
	"net"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
)

// elsewhere makes a bench whose server is not on this machine, as far as the client knows.
func elsewhere(server *fakeserver.Options, changes ...change) *bench {
	GinkgoHelper()
	options := &mtm.Options{}
	b := newBench(server, options, nil, append(changes, func(p *account.POP3) { p.Host = "mail.example.org" })...)
	options.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, b.srv.Addr())
	}
	b.open(options)
	return b
}

// loginOf returns the first command of the login, without its arguments but the mechanism's name.
func (b *bench) loginOf() string {
	GinkgoHelper()
	for _, command := range b.commands() {
		words := strings.Fields(command)
		switch words[0] {
		case "AUTH":
			return words[0] + " " + words[1]
		case "USER", "APOP":
			return words[0]
		}
	}
	return "nothing"
}

func auth(a account.Auth) change { return func(p *account.POP3) { p.Auth = a } }

var _ = Describe("Authentication (behaviour section 3)", func() {
	const off, on = false, true

	DescribeTable("the original's flags POP3Auth, FallBack and Apop choose the method", func(pop3Auth, fallBack, apop bool, offered, want string) {
		names := strings.Fields(offered)
		server := &fakeserver.Options{Mechanisms: names[:0]}
		for _, name := range names {
			if name == "no-timestamp" {
				server.Without = []string{"APOP"}
			} else {
				server.Mechanisms = append(server.Mechanisms, name)
			}
		}
		b := newBench(server, nil, nil, auth(account.OriginalAuth(pop3Auth, fallBack, apop)))
		_, err := b.do(mtm.Connect{})
		switch want {
		case "-178":
			Expect(err).To(MatchError(mtm.ErrAuthenticationFailed))
			Expect(b.loginOf()).To(Equal("nothing"))
		case "-173":
			Expect(err).To(MatchError(mtm.ErrNoTimestamp))
			Expect(b.loginOf()).To(Equal("nothing"))
		default:
			Expect(err).NotTo(HaveOccurred())
			Expect(b.loginOf()).To(Equal(want))
		}
	},
		Entry("1: all off", off, off, off, "CRAM-MD5 PLAIN LOGIN", "USER"),
		Entry("1: Apop", off, off, on, "CRAM-MD5 PLAIN LOGIN", "APOP"),
		Entry("1: Apop without a timestamp", off, off, on, "no-timestamp", "-173"),
		Entry("1: FallBack alone means nothing", off, on, off, "CRAM-MD5 PLAIN LOGIN", "USER"),
		Entry("1: nor does it beside Apop", off, on, on, "CRAM-MD5 PLAIN LOGIN", "APOP"),
		Entry("2: POP3Auth, CRAM-MD5 offered", on, off, off, "PLAIN LOGIN CRAM-MD5", "AUTH CRAM-MD5"),
		Entry("2: Apop is ignored then", on, off, on, "PLAIN LOGIN CRAM-MD5", "AUTH CRAM-MD5"),
		Entry("2: FallBack too", on, on, off, "PLAIN LOGIN CRAM-MD5", "AUTH CRAM-MD5"),
		Entry("2: and both", on, on, on, "PLAIN LOGIN CRAM-MD5", "AUTH CRAM-MD5"),
		Entry("3: FallBack with Apop", on, on, on, "PLAIN LOGIN", "APOP"),
		Entry("3: FallBack with Apop, no timestamp", on, on, on, "PLAIN LOGIN no-timestamp", "-173"),
		Entry("3: FallBack to PLAIN", on, on, off, "LOGIN PLAIN", "AUTH PLAIN"),
		Entry("3: FallBack to LOGIN", on, on, off, "LOGIN", "AUTH LOGIN"),
		Entry("3: FallBack to USER/PASS", on, on, off, "", "USER"),
		Entry("4: POP3Auth alone, CRAM-MD5 not offered", on, off, off, "PLAIN LOGIN", "-178"),
		Entry("4: nothing offered", on, off, off, "", "-178"),
		Entry("4: Apop does not help", on, off, on, "PLAIN LOGIN", "-178"),
	)

	token := func(p *account.POP3) { p.Token.Literal = "t0ken" }
	bearers := map[string]fakeserver.User{"demo": {Password: "demo", Token: "t0ken"}}

	DescribeTable("auto takes the best that is offered, on a line that nobody reads", func(offered, want string, changes ...change) {
		b := newBench(&fakeserver.Options{Users: bearers, Mechanisms: strings.Fields(offered)}, nil, nil, append(changes, auth(account.Auto))...)
		b.mustDo(mtm.Connect{})
		Expect(b.loginOf()).To(Equal(want))
	},
		Entry("tokens first", "PLAIN SCRAM-SHA-256 XOAUTH2 OAUTHBEARER", "AUTH OAUTHBEARER", token),
		Entry("the older one too", "PLAIN SCRAM-SHA-256 XOAUTH2", "AUTH XOAUTH2", token),
		Entry("but not without a token", "PLAIN SCRAM-SHA-256 XOAUTH2 OAUTHBEARER", "AUTH SCRAM-SHA-256"),
		Entry("SCRAM-SHA-256 before CRAM-MD5", "CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256", "AUTH SCRAM-SHA-256"),
		Entry("SCRAM-SHA-1", "CRAM-MD5 SCRAM-SHA-1 PLAIN", "AUTH SCRAM-SHA-1"),
		Entry("CRAM-MD5", "LOGIN PLAIN CRAM-MD5", "AUTH CRAM-MD5"),
		Entry("PLAIN, and no APOP only for its timestamp (quirks 4, 6)", "LOGIN PLAIN", "AUTH PLAIN"),
		Entry("LOGIN", "LOGIN", "AUTH LOGIN"),
		Entry("USER/PASS", "", "USER"),
		Entry("unknown names are passed over", "GSSAPI NTLM", "USER"),
	)

	DescribeTable("auto shows no secret where somebody could read it", func(offered, without, want string, changes ...change) {
		b := elsewhere(&fakeserver.Options{Users: bearers, Mechanisms: strings.Fields(offered), Without: []string{without}}, append(changes, auth(account.Auto))...)
		_, err := b.do(mtm.Connect{})
		if want == "nothing" {
			Expect(err).To(MatchError(mtm.ErrAuthenticationFailed))
			Expect(err).To(MatchError(ContainSubstring("allow-plaintext")))
		} else {
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(b.loginOf()).To(Equal(want))
	},
		Entry("CRAM-MD5 hides it", "PLAIN LOGIN CRAM-MD5", "", "AUTH CRAM-MD5"),
		Entry("so does APOP", "PLAIN LOGIN", "", "APOP"),
		Entry("PLAIN, LOGIN and USER/PASS do not", "PLAIN LOGIN", "APOP", "nothing"),
		Entry("nor do tokens", "XOAUTH2 OAUTHBEARER", "APOP", "nothing", token),
		Entry("unless it is allowed", "PLAIN LOGIN", "APOP", "AUTH PLAIN", func(p *account.POP3) { p.AllowPlaintext = true }),
		Entry("which is no reason to do it", "PLAIN LOGIN", "", "APOP", func(p *account.POP3) { p.AllowPlaintext = true }),
	)

	DescribeTable("a method that is named is taken, or nothing", func(method account.Auth, want string) {
		b := newBench(&fakeserver.Options{Users: bearers}, nil, nil, auth(method), token)
		b.mustDo(mtm.Connect{})
		Expect(b.loginOf()).To(Equal(want))
		b = newBench(&fakeserver.Options{Users: bearers, Mechanisms: []string{"GSSAPI"}}, nil, nil, auth(method), token)
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrAuthenticationFailed))
		Expect(err).To(MatchError(ContainSubstring("the server offers GSSAPI, and auth is " + string(method))))
	},
		Entry(nil, account.Plain, "AUTH PLAIN"), Entry(nil, account.Login, "AUTH LOGIN"), Entry(nil, account.CRAMMD5, "AUTH CRAM-MD5"),
		Entry(nil, account.SCRAMSHA1, "AUTH SCRAM-SHA-1"), Entry(nil, account.SCRAMSHA256, "AUTH SCRAM-SHA-256"),
		Entry(nil, account.XOAUTH2, "AUTH XOAUTH2"), Entry(nil, account.OAuthBearer, "AUTH OAUTHBEARER"),
	)

	It("tries a method that the server does not list when told to (quirk 12)", func() {
		unlisted := func(p *account.POP3) { p.AuthUnlisted = true }
		b := newBench(&fakeserver.Options{Capabilities: []string{"UIDL"}}, nil, nil, auth(account.CRAMMD5+","+account.UserPass), unlisted)
		b.mustDo(mtm.Connect{})
		Expect(b.loginOf()).To(Equal("AUTH CRAM-MD5"))
	})

	DescribeTable("an empty password is one too (quirk 33)", func(method account.Auth) {
		b := newBench(&fakeserver.Options{Users: map[string]fakeserver.User{"demo": {}}}, nil, nil, auth(method),
			func(p *account.POP3) { p.Password = account.Password{} })
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		_, err := newBench(nil, nil, nil, auth(method), func(p *account.POP3) { p.Password = account.Password{} }).do(mtm.Connect{})
		Expect(err).To(Or(MatchError(mtm.ErrInvalidLogin), MatchError(mtm.ErrInvalidAPOP)))
	},
		Entry(nil, account.UserPass), Entry(nil, account.APOP), Entry(nil, account.Plain), Entry(nil, account.Login),
		Entry(nil, account.CRAMMD5), Entry(nil, account.SCRAMSHA1), Entry(nil, account.SCRAMSHA256))

	DescribeTable("a refusal is final: no weaker method follows (quirks 17, 18)", func(edit edit.Edit, want error) {
		b := newBench(nil, nil, nil, auth(account.Auto))
		b.srv.On(fakeserver.Match{Verb: "AUTH"}, fakeserver.Auto.With(edit)).Must()
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(want))
		Expect(b.commands()).To(HaveExactElements("CAPA", HavePrefix("AUTH SCRAM-SHA-256")))
	},
		Entry("refused", edit.Refuse("no"), mtm.ErrInvalidUser),
		Entry("dropped", edit.CutAfter(0, edit.Close), mtm.ErrDisconnected),
	)

	DescribeTable("each refusal has its number (Error by state)", func(a account.Auth, match fakeserver.Match, text string, want error, code int) {
		b := newBench(&fakeserver.Options{Users: bearers}, nil, nil, auth(a), token)
		b.srv.On(match, fakeserver.Auto.With(edit.Refuse(text))).Must()
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(want))
		Expect(mtm.Code(err)).To(Equal(code))
		Expect(err).To(MatchError(ContainSubstring("connect, logging in: ")))
	},
		Entry("USER", account.UserPass, fakeserver.Match{Verb: "USER"}, "no", mtm.ErrInvalidUser, -171),
		Entry("PASS", account.UserPass, fakeserver.Match{Verb: "PASS"}, "no", mtm.ErrInvalidLogin, -172),
		Entry("APOP", account.APOP, fakeserver.Match{Verb: "APOP"}, "no", mtm.ErrInvalidAPOP, -177),
		Entry("AUTH CRAM-MD5", account.CRAMMD5, fakeserver.Match{Verb: "AUTH"}, "no", mtm.ErrInvalidUser, -171),
		Entry("the answer of CRAM-MD5", account.CRAMMD5, fakeserver.Match{Verb: "RESPONSE"}, "no", mtm.ErrInvalidLogin, -172),
		Entry("AUTH LOGIN", account.Login, fakeserver.Match{Verb: "AUTH"}, "no", mtm.ErrInvalidUser, -171),
		Entry("the user name of LOGIN", account.Login, fakeserver.Match{Verb: "RESPONSE"}, "no", mtm.ErrInvalidUser, -171),
		Entry("AUTH PLAIN with all in one line", account.Plain, fakeserver.Match{Verb: "AUTH"}, "no", mtm.ErrInvalidLogin, -172),
		Entry("AUTH SCRAM with the user name", account.SCRAMSHA256, fakeserver.Match{Verb: "AUTH"}, "no", mtm.ErrInvalidUser, -171),
		Entry("the proof of SCRAM", account.SCRAMSHA256, fakeserver.Match{Verb: "RESPONSE"}, "no", mtm.ErrInvalidLogin, -172),
		Entry("AUTH XOAUTH2", account.XOAUTH2, fakeserver.Match{Verb: "AUTH"}, "no", mtm.ErrInvalidUser, -171),
		Entry("the token of XOAUTH2", account.XOAUTH2, fakeserver.Match{Verb: "RESPONSE"}, "no", mtm.ErrInvalidLogin, -172),
		Entry("the token of OAUTHBEARER", account.OAuthBearer, fakeserver.Match{Verb: "AUTH"}, "no", mtm.ErrInvalidLogin, -172),
		Entry("[AUTH]: the credentials", account.UserPass, fakeserver.Match{Verb: "PASS"}, "[AUTH] no", mtm.ErrInvalidLogin, -172),
		Entry("[IN-USE] (quirk 28)", account.Plain, fakeserver.Match{Verb: "AUTH"}, "[IN-USE] busy", mtm.ErrInUse, -14),
		Entry("[SYS/TEMP]: not the credentials", account.CRAMMD5, fakeserver.Match{Verb: "RESPONSE"}, "[SYS/TEMP] later", mtm.ErrServer, -174),
		Entry("[SYS/PERM]", account.APOP, fakeserver.Match{Verb: "APOP"}, "[SYS/PERM] broken", mtm.ErrServer, -174),
		Entry("[LOGIN-DELAY] (quirk 29)", account.UserPass, fakeserver.Match{Verb: "PASS"}, "[LOGIN-DELAY] wait", mtm.ErrServer, -174),
		Entry("[LOGIN-DELAY] typed", account.UserPass, fakeserver.Match{Verb: "PASS"}, "[LOGIN-DELAY] wait", pop3.ErrLoginDelay, -174),
		Entry("[SYS/TEMP] typed", account.UserPass, fakeserver.Match{Verb: "PASS"}, "[SYS/TEMP] wait", pop3.ErrTemporary, -174),
		Entry("[AUTH] typed", account.UserPass, fakeserver.Match{Verb: "PASS"}, "[AUTH] wait", pop3.ErrCredentials, -172),
	)

	DescribeTable("a challenge that makes no sense cancels the login", func(a account.Auth, code int) {
		b := newBench(nil, nil, nil, auth(a))
		b.srv.On(fakeserver.Match{Verb: "AUTH"}, fakeserver.Auto.With(edit.Raw("+ \r\n"))).Must()
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(pop3.ErrChallenge))
		Expect(mtm.Code(err)).To(Equal(code))
	},
		Entry("LOGIN with another prompt: not supported", account.Login, -5),
		Entry("CRAM-MD5 without a challenge", account.CRAMMD5, -174),
		Entry("SCRAM without its first message", account.SCRAMSHA256, -174),
	)

	It("refuses a wrong password by every method without showing it", func() {
		for _, method := range account.Auths() {
			b := newBench(&fakeserver.Options{Users: bearers}, nil, nil, auth(method), func(p *account.POP3) {
				p.Password.Literal, p.Token.Literal = "sesame", "sesame"
			})
			_, err := b.do(mtm.Connect{})
			Expect(mtm.Code(err)).To(BeElementOf(-172, -177), "%s: %v", method, err)
			Expect(err.Error()).NotTo(ContainSubstring("sesame"))
		}
	})

	It("does not start without its password or token", func() {
		b := newBench(nil, nil, nil, func(p *account.POP3) { p.Password = account.Password{Command: "exit 1"} })
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrAuthenticationFailed))
		Expect(err).To(MatchError(ContainSubstring("the password command: exit status 1")))
		b = newBench(&fakeserver.Options{Users: bearers}, nil, nil, auth(account.Auto), func(p *account.POP3) { p.Token.Command = "exit 1" })
		_, err = b.do(mtm.Connect{})
		Expect(err).To(MatchError(ContainSubstring("the token command: exit status 1")))
	})

	It("knows a mechanism for every method of an account", func() {
		var names []string
		for _, m := range pop3.Mechanisms() {
			names = append(names, strings.ToLower(m.Name))
		}
		for _, method := range account.Auths() {
			switch method {
			case account.Auto, account.UserPass, account.APOP:
			default:
				Expect(names).To(ContainElement(string(method)))
			}
		}
	})
})
