package fakeserver_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/emersion/go-sasl"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("AUTH (RFC 5034)", func() {
	long := strings.Repeat("long ", 20) // HMAC-MD5 has a block of 64 octets
	users := &fakeserver.Options{Users: map[string]fakeserver.User{
		"demo": {Password: "demo", Token: "demo"},
		"ann":  {Password: long, Token: long},
		"tok":  {Token: "t.o.k"},
		"j=,ü": {Password: "pä ss", Token: "pä ss"},
	}}

	for mechanism := range clients("", "") {
		initials := []bool{true, false}
		if mechanism == "LOGIN" || mechanism == "CRAM-MD5" {
			initials = []bool{true}
		}
		for _, initial := range initials {
			It(fmt.Sprintf("lets users in with %s, initial response: %v", mechanism, initial), func() {
				drop := three()
				srv := start(drop, users)
				for name, password := range map[string]string{"demo": "demo", "ann": long, "j=,ü": "pä ss"} {
					if initial && len(password) > 64 {
						continue // the line would be too long
					}
					p, _ := connect(srv)
					Expect(p.authenticate(clients(name, password)[mechanism](), initial)).To(HavePrefix("+OK"), name)
					Expect(drop.Locked()).To(BeTrue())
					Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
					Expect(p.ask("AUTH PLAIN")).To(Equal("-ERR not in the TRANSACTION state"))
					Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
				}
			})
		}

		It("says the same to an unknown user and a wrong secret with "+mechanism+", and stays usable", func() {
			srv := start(three(), users)
			p, _ := connect(srv)
			unknown := p.authenticate(clients("nobody", "demo")[mechanism](), true)
			Expect(unknown).To(HavePrefix("-ERR [AUTH] "))
			Expect(p.authenticate(clients("demo", "wrong")[mechanism](), true)).To(Equal(unknown))
			Expect(p.authenticate(clients("demo", "")[mechanism](), true)).To(Equal(unknown))
			Expect(p.authenticate(clients("demo", "demo")[mechanism](), true)).To(HavePrefix("+OK"))
		})

		It("locks the maildrop with "+mechanism+" as PASS does", func() {
			drop := three()
			srv := start(drop, users)
			first := login(srv)
			second, _ := connect(srv)
			Expect(second.authenticate(clients("demo", "demo")[mechanism](), true)).To(HavePrefix("-ERR [IN-USE]"))
			Expect(first.ask("QUIT")).To(HavePrefix("+OK"))
			Expect(second.authenticate(clients("demo", "demo")[mechanism](), true)).To(HavePrefix("+OK"))
		})

		It("writes no secret of "+mechanism+" into a transcript", func() {
			srv := start(three(), users)
			for _, initial := range []bool{true, false} {
				c := clients("demo", "demo")[mechanism]()
				name, response, err := c.Start()
				Expect(err).NotTo(HaveOccurred())
				p, _ := connect(srv)
				p.authenticate(clients("demo", "demo")[mechanism](), initial || mechanism == "LOGIN")
				Expect(p.Close()).To(Succeed())
				wait(srv)
				lines := srv.Transcripts()[srv.Sessions()-1].Lines
				for _, l := range lines {
					Expect(l).To(Or(HavePrefix("S: "), HavePrefix("["), Equal("C: AUTH "+name), Equal("C: AUTH "+name+" ********"), Equal("C: ********"), Equal("C: ")), l)
					if len(response) > 0 {
						Expect(l).NotTo(ContainSubstring(b64(string(response))))
					}
				}
				Expect(lines).To(ContainElement(HaveSuffix("********")))
			}
		})
	}

	It("keeps token users and password users apart", func() {
		srv := start(three(), users)
		p, greeting := connect(srv)
		Expect(p.ask("USER tok")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS ")).To(HavePrefix("-ERR [AUTH]"))
		Expect(p.ask(apop(greeting, "tok", ""))).To(HavePrefix("-ERR [AUTH]"))
		for _, m := range []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"} {
			Expect(p.authenticate(clients("tok", "")[m](), true)).To(HavePrefix("-ERR [AUTH]"), m)
		}
		Expect(p.authenticate(newBearer("demo", "t.o.k"), true)).To(HavePrefix("-ERR [AUTH]"))
		Expect(p.authenticate(newBearer("", "t.o.k"), true)).To(HavePrefix("+OK"))
	})

	It("explains a refused token before -ERR", func() {
		p, _ := connect(start(three(), users))
		for _, m := range []string{"XOAUTH2", "OAUTHBEARER"} {
			Expect(p.ask("AUTH " + m)).To(Equal("+ "))
			Expect(challenge(p.ask(b64("user=demo\x01auth=Bearer x\x01\x01")))).To(MatchJSON(
				map[string]string{"XOAUTH2": `{"status":"401","schemes":"bearer","scope":"mail"}`,
					"OAUTHBEARER": `{"status":"invalid_request","schemes":"bearer","scope":""}`}[m]))
			Expect(p.ask("")).To(HavePrefix("-ERR [AUTH]"))
		}
	})

	It("lets a client cancel with an asterisk", func() {
		p, _ := connect(start(three(), nil))
		for _, m := range []string{"PLAIN", "CRAM-MD5", "SCRAM-SHA-256", "LOGIN"} {
			Expect(p.ask("AUTH " + m)).To(HavePrefix("+ "))
			Expect(p.ask("*")).To(Equal("-ERR authentication cancelled"))
		}
		Expect(p.ask("AUTH LOGIN")).To(Equal("+ " + b64("Username:")))
		Expect(p.ask(b64("demo"))).To(Equal("+ " + b64("Password:")))
		Expect(p.ask("*")).To(HavePrefix("-ERR"))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS demo")).To(HavePrefix("+OK"))
	})

	It("takes the mechanism in any case, and the name of LOGIN in the first line", func() {
		p, _ := connect(start(three(), nil))
		Expect(p.ask("auth login " + b64("demo"))).To(Equal("+ " + b64("Password:")))
		Expect(p.ask(b64("demo"))).To(HavePrefix("+OK"))
	})

	DescribeTable("refuses invalid exchanges, and goes on",
		func(lines ...string) {
			p, _ := connect(start(three(), users))
			reply := ""
			for _, l := range lines {
				reply = p.ask(l)
			}
			Expect(reply).To(HavePrefix("-ERR "))
			Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
			Expect(p.ask("PASS demo")).To(HavePrefix("+OK"))
		},
		Entry("no mechanism", "AUTH"),
		Entry("an unknown mechanism", "AUTH GSSAPI"),
		Entry("a blank", "AUTH "),
		Entry("an initial response that is not base64", "AUTH PLAIN a.b!"),
		Entry("an initial response without padding", "AUTH PLAIN AGRlbW8AZGVtbw"),
		Entry("an initial response of nothing", "AUTH PLAIN "),
		Entry("an empty initial response to PLAIN", "AUTH PLAIN ="),
		Entry("a response with a CR in it", "AUTH PLAIN", "AGRl\rbW8AZGVtbw=="),
		Entry("a response that is not base64", "AUTH PLAIN", "\x00\xff"),
		Entry("a response of one field", "AUTH PLAIN "+b64("demo")),
		Entry("a response of four fields", "AUTH PLAIN "+b64("\x00demo\x00demo\x00")),
		Entry("acting for somebody else", "AUTH PLAIN "+b64("ann\x00demo\x00demo")),
		Entry("an initial response to CRAM-MD5", "AUTH CRAM-MD5 "+b64("demo")),
		Entry("a CRAM-MD5 response of one word", "AUTH CRAM-MD5", b64("demo")),
		Entry("an empty SCRAM message", "AUTH SCRAM-SHA-1", ""),
		Entry("SCRAM with channel binding", "AUTH SCRAM-SHA-1 "+b64("p=tls-unique,,n=demo,r=x")),
		Entry("SCRAM for somebody else", "AUTH SCRAM-SHA-1 "+b64("n,a=ann,n=demo,r=x")),
		Entry("SCRAM with another nonce", "AUTH SCRAM-SHA-1 "+b64("n,,n=demo,r=x"), b64("c=biws,r=y,p=AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
		Entry("XOAUTH2 without a user", "AUTH XOAUTH2 "+b64("auth=Bearer demo\x01\x01"), ""),
		Entry("a response that is too long", "AUTH PLAIN", strings.Repeat("A", 12288)),
		Entry("a command that is too long", "AUTH PLAIN "+strings.Repeat("A", 256)),
	)

	It("takes a response of up to 12,288 octets, CRLF included", func() {
		p, _ := connect(start(three(), nil))
		Expect(p.ask("AUTH PLAIN")).To(Equal("+ "))
		Expect(p.ask(b64("\x00demo\x00" + strings.Repeat("x", 9207)))).To(HavePrefix("-ERR [AUTH]"))
		Expect(p.ask("AUTH PLAIN")).To(Equal("+ "))
		Expect(p.ask(b64("\x00demo\x00" + strings.Repeat("x", 9208)))).To(Equal("-ERR response too long"))
	})

	It("answers a pipelined exchange in order", func() {
		p, _ := connect(start(three(), nil))
		p.say("AUTH PLAIN\r\n" + b64("\x00demo\x00demo") + "\r\nSTAT\r\nQUIT\r\n")
		Expect(p.rest()).To(Equal("+ \r\n+OK maildrop locked and ready\r\n+OK 3 42\r\n+OK bye\r\n"))
	})

	It("hides responses that come although AUTH was refused", func() {
		srv := start(three(), nil)
		p, _ := connect(srv)
		p.say("AUTH NTLM\r\n" + b64("demo") + "\r\n" + b64("secret") + "\r\nQUIT\r\n")
		p.rest()
		Expect(p.Close()).To(Succeed())
		wait(srv)
		Expect(srv.Transcripts()[0].Lines).To(ContainElements("C: AUTH NTLM", "C: ********", "C: QUIT"))
		Expect(srv.Transcripts()[0].String()).NotTo(Or(ContainSubstring(b64("demo")), ContainSubstring(b64("secret"))))
	})
})

var _ = Describe("the mechanisms on offer", func() {
	rows := func(o *fakeserver.Options) []string {
		GinkgoHelper()
		p, _ := connect(start(three(), o))
		_, capa := p.multi("CAPA")
		return strings.Split(strings.TrimSuffix(capa, "\r\n"), "\r\n")
	}

	It("are those of OAuth too when a user has a token", func() {
		Expect(rows(&fakeserver.Options{Users: map[string]fakeserver.User{"u": {Token: "x"}}})).To(ContainElement(
			"SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN OAUTHBEARER XOAUTH2"))
	})

	It("are those that are asked for, in that order, known or not", func() {
		o := &fakeserver.Options{Mechanisms: []string{"login", "GSSAPI", "PLAIN"}}
		Expect(rows(o)).To(ContainElement("SASL LOGIN GSSAPI PLAIN"))
		p, _ := connect(start(three(), o))
		Expect(p.ask("AUTH GSSAPI")).To(Equal("-ERR no such mechanism"))
		Expect(p.ask("AUTH CRAM-MD5")).To(Equal("-ERR no such mechanism"))
		Expect(p.ask("AUTH LOGIN")).To(HavePrefix("+ "))
	})

	It("may be none, or not listed", func() {
		Expect(rows(&fakeserver.Options{Mechanisms: []string{}})).NotTo(ContainElement(HavePrefix("SASL")))
		o := &fakeserver.Options{Without: []string{"SASL"}}
		Expect(rows(o)).NotTo(ContainElement(HavePrefix("SASL")))
		p, _ := connect(start(three(), o)) // QUIRK 12: it works, and is not listed
		Expect(p.authenticate(sasl.NewPlainClient("", "demo", "demo"), true)).To(HavePrefix("+OK"))
	})

	It("are not those that need TLS before TLS starts", func() {
		o := &fakeserver.Options{PlaintextNeedsTLS: true, Users: map[string]fakeserver.User{"demo": {Password: "demo", Token: "demo"}}}
		Expect(rows(o)).To(And(ContainElement("SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5"), Not(ContainElement("USER"))))
		p, greeting := connect(start(three(), o))
		for _, c := range []string{"USER demo", "AUTH PLAIN", "AUTH LOGIN", "AUTH XOAUTH2", "AUTH OAUTHBEARER"} {
			Expect(p.ask(c)).To(HavePrefix("-ERR passwords need TLS"), c)
		}
		Expect(p.ask("PASS demo")).To(HavePrefix("-ERR"))
		Expect(p.ask(apop(greeting, "demo", "demo"))).To(HavePrefix("+OK"))
	})
})

var _ = Describe("a rule inside AUTH", func() {
	It("is for one response, by the mechanism's name", func() {
		srv := start(three(), nil)
		// QUIRK 17: an advertised CRAM-MD5 that always fails.
		srv.On(fakeserver.Match{Verb: "RESPONSE", Args: "CRAM-MD5"}, fakeserver.Auto.With(edit.Refuse("[AUTH] no"))).Must()
		p, _ := connect(srv)
		Expect(p.authenticate(cramClient{"demo", "demo"}, true)).To(Equal("-ERR [AUTH] no"))
		Expect(p.ask("RESPONSE CRAM-MD5")).To(Equal("-ERR unknown command"))
		Expect(p.authenticate(sasl.NewPlainClient("", "demo", "demo"), true)).To(HavePrefix("+OK"))
	})

	It("drops the link (quirk 18)", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "RESPONSE"}, fakeserver.Auto.With(edit.CutAfter(0, edit.Close)))
		p, _ := connect(srv)
		Expect(p.ask("AUTH LOGIN")).To(HavePrefix("+ "))
		p.say(b64("demo") + "\r\n")
		Expect(p.rest()).To(BeEmpty())
	})

	DescribeTable("changes a challenge, and the exchange goes on",
		func(raw string) {
			srv := start(three(), nil)
			srv.On(fakeserver.Match{Verb: "AUTH", Args: "PLAIN"}, fakeserver.Auto.With(edit.Raw(raw)))
			p, _ := connect(srv)
			Expect(p.ask("AUTH PLAIN") + "\r\n").To(Equal(raw))
			Expect(p.ask(b64("\x00demo\x00demo"))).To(HavePrefix("+OK"))
		},
		Entry("to +OK (quirk 19)", "+OK\r\n"),
		Entry("to text (quirk 20)", "+ go ahead\r\n"),
		Entry("to the prompt of LOGIN (quirk 22)", "+ VXNlcm5hbWU6\r\n"))

	It("ends the exchange when it refuses, and closes it for XOAUTH2 in one line (quirk 23)", func() {
		srv := start(three(), &fakeserver.Options{Users: map[string]fakeserver.User{"demo": {Token: "t"}}})
		srv.On(fakeserver.Match{Verb: "AUTH"}, func(x *fakeserver.Exchange) edit.Reply {
			if strings.HasPrefix(x.Args, "XOAUTH2 ") {
				return fakeserver.Auto.With(edit.Refuse("Protocol error. Connection is closed. 10"), edit.CutAfter(47, edit.Close))(x)
			}
			return fakeserver.Auto(x)
		})
		p, _ := connect(srv)
		Expect(p.authenticate(xoauth2Client{"demo", "t"}, true)).To(HavePrefix("-ERR Protocol error"))
		Expect(p.rest()).To(BeEmpty())
		p, _ = connect(srv)
		Expect(p.authenticate(xoauth2Client{"demo", "t"}, false)).To(HavePrefix("+OK"))
	})
})

// missing is a source whose mail cannot be listed.
type missing struct {
	*maildrop.MemorySource
	err error
}

func (m missing) List() (maildrop.List, error) { return nil, m.err }

var _ = Describe("the response code", func() {
	DescribeTable("reports whether a maildrop that cannot be read will be there later (RFC 3206)",
		func(err error, code string) {
			drop := fakeserver.MaildropOf(missing{maildrop.Memory(), err})
			p, _ := connect(start(drop, nil))
			for _, m := range []string{"PLAIN", "SCRAM-SHA-256"} {
				Expect(p.authenticate(clients("demo", "demo")[m](), true)).To(HavePrefix("-ERR [" + code + "] "))
			}
			Expect(drop.Locked()).To(BeFalse())
			Expect(p.ask("STAT")).To(HavePrefix("-ERR"))
		},
		Entry("a folder that is gone", &fs.PathError{Op: "open", Path: "mail", Err: fs.ErrNotExist}, "SYS/PERM"),
		Entry("a folder that may not be read", fmt.Errorf("mail: %w", fs.ErrPermission), "SYS/PERM"),
		Entry("a disk that is busy", errors.New("busy"), "SYS/TEMP"))

	It("LOGIN-DELAY is for a user who comes back too soon", func() {
		now := time.Unix(1e9, 0)
		srv := start(three(), &fakeserver.Options{
			LoginDelay: 1500 * time.Millisecond,
			Now:        func() time.Time { return now },
			Users:      map[string]fakeserver.User{"ann": {Password: "a"}, "bob": {Password: "b", Maildrop: three()}},
		})
		try := func(name, password string) string {
			GinkgoHelper()
			p, _ := connect(srv)
			reply := p.authenticate(sasl.NewPlainClient("", name, password), true)
			p.say("QUIT\r\n")
			p.rest()
			return reply
		}
		p, _ := connect(srv)
		_, capa := p.multi("CAPA")
		Expect(capa).To(ContainSubstring("\r\nLOGIN-DELAY 2\r\n"))
		Expect(try("ann", "x")).To(HavePrefix("-ERR [AUTH]"))
		Expect(try("ann", "a")).To(HavePrefix("+OK"))
		now = now.Add(1999 * time.Millisecond)
		Expect(try("ann", "a")).To(HavePrefix("-ERR [LOGIN-DELAY]"))
		Expect(try("ann", "x")).To(HavePrefix("-ERR [AUTH]"))
		Expect(try("bob", "b")).To(HavePrefix("+OK"))
		now = now.Add(time.Millisecond)
		Expect(try("ann", "a")).To(HavePrefix("+OK"))
	})
})
