package pop3_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"strings"

	"github.com/emersion/go-sasl"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/mtm/pop3"
)

var someone = pop3.Credentials{User: "tim", Password: "tanstaaftanstaaf", Token: "vF9dft4qmT"}

// mechanism returns a client of a mechanism.
func mechanism(name string, c pop3.Credentials) sasl.Client {
	GinkgoHelper()
	for _, m := range pop3.Mechanisms() {
		if m.Name == name {
			return m.Client(c)
		}
	}
	Fail("no mechanism " + name)
	return nil
}

// b64 returns text as it is sent.
func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

var _ = Describe("AUTH", func() {
	ctx := context.Background()

	auth := func(s *pop3.Session, name string) error { return s.Auth(ctx, mechanism(name, someone)) }

	It("sends PLAIN with its initial response in one line (behaviour section 3)", func() {
		s := open(hear("AUTH PLAIN "+b64("\x00tim\x00tanstaaftanstaaf")), say("+OK\r\n"))
		Expect(auth(s, "PLAIN")).To(Succeed())
	})

	It("sends an initial response that makes the line longer than 255 octets in a second line (RFC 5034 section 4)", func() {
		// AUTH PLAIN and a blank, 240 octets of base64, CRLF: 253. Three octets more make 257.
		fits := pop3.Credentials{User: "tim", Password: strings.Repeat("p", 180-5)}
		s := open(hear("AUTH PLAIN "+b64("\x00tim\x00"+fits.Password)), say("+OK\r\n"))
		Expect(s.Auth(ctx, mechanism("PLAIN", fits))).To(Succeed())
		long := pop3.Credentials{User: "tim", Password: fits.Password + "p"}
		s = open(hear("AUTH PLAIN"), say("+ \r\n"), hear(b64("\x00tim\x00"+long.Password)), say("+OK\r\n"))
		Expect(s.Auth(ctx, mechanism("PLAIN", long))).To(Succeed())
	})

	It("answers the prompts of LOGIN, in any case, with user name and password (behaviour section 3)", func() {
		s := open(hear("AUTH LOGIN"), say("+ "+b64("USERNAME:")+"\r\n"), hear(b64("tim")), say("+ "+b64("password")+"\r\n"), hear(b64(someone.Password)), say("+OK\r\n"))
		Expect(auth(s, "LOGIN")).To(Succeed())
	})

	It("cancels LOGIN when another prompt comes (behaviour section 3), and the session stays usable", func() {
		s := open(hear("AUTH LOGIN"), say("+ "+b64("User:")+"\r\n"), hear("*"), say("-ERR cancelled\r\n"), hear("NOOP"), say("+OK\r\n"))
		err := auth(s, "LOGIN")
		Expect(err).To(MatchError(pop3.ErrChallenge))
		Expect(err).To(MatchError(`AUTH LOGIN: invalid challenge from the server: expected a prompt that begins with "username"`))
		Expect(s.Noop(ctx)).To(Succeed())
	})

	It("makes the digest of RFC 2195 section 2", func() {
		s := open(hear("AUTH CRAM-MD5"), say("+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"),
			hear("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"), say("+OK\r\n"))
		Expect(auth(s, "CRAM-MD5")).To(Succeed())
	})

	It("always sends XOAUTH2 in two lines (quirk 23), and answers the server's error with an empty line", func() {
		s := open(hear("AUTH XOAUTH2"), say("+ \r\n"), hear(b64("user=tim\x01auth=Bearer vF9dft4qmT\x01\x01")),
			say("+ "+b64(`{"status":"401"}`)+"\r\n"), hear(""), say("-ERR [AUTH] expired\r\n"))
		var refused *pop3.ReplyError
		Expect(errors.As(auth(s, "XOAUTH2"), &refused)).To(BeTrue())
		Expect(*refused).To(Equal(pop3.ReplyError{Verb: "AUTH XOAUTH2", Code: "AUTH", Text: "expired"}))
	})

	It("sends OAUTHBEARER as RFC 7628 section 4.1 shows it, and acknowledges its error (section 3.2.3)", func() {
		who := pop3.Credentials{User: "us,er=1", Token: "vF9", Host: "pop.example.com", Port: 110}
		s := open(hear("AUTH OAUTHBEARER "+b64("n,a=us=2Cer=3D1,\x01host=pop.example.com\x01port=110\x01auth=Bearer vF9\x01\x01")),
			say("+ "+b64(`{"status":"invalid_token"}`)+"\r\n"), hear("AQ=="), say("-ERR\r\n"))
		Expect(s.Auth(ctx, mechanism("OAUTHBEARER", who))).To(MatchError("AUTH OAUTHBEARER: the server refused: no reason given"))
	})

	DescribeTable("reads a challenge in any form", func(challenge string) {
		s := open(hear("AUTH XOAUTH2"), say(challenge+"\r\n"), hear(b64("user=tim\x01auth=Bearer vF9dft4qmT\x01\x01")), say("+OK\r\n"))
		Expect(auth(s, "XOAUTH2")).To(Succeed())
	},
		Entry("empty", "+ "), Entry("without its blank", "+"), Entry("as +OK (quirk 19)", "+OK"), Entry("as +OK with text", "+OK go ahead"),
		Entry("in plain words (quirk 20)", "+ go ahead"), Entry("with blanks after it", "+ "+b64("x")+"  "))

	It("accepts prompts of LOGIN that are not in base64 (quirk 20)", func() {
		s := open(hear("AUTH LOGIN"), say("+ Username:\r\n"), hear(b64("tim")), say("+ Password:\r\n"), hear(b64(someone.Password)), say("+OK\r\n"))
		Expect(auth(s, "LOGIN")).To(Succeed())
	})

	It("cancels PLAIN when the server answers with a prompt of LOGIN (quirk 22)", func() {
		s := open(hear("AUTH PLAIN "+b64("\x00tim\x00tanstaaftanstaaf")), say("+ "+b64("Username:")+"\r\n"), hear("*"), say("-ERR\r\n"))
		Expect(auth(s, "PLAIN")).To(MatchError("AUTH PLAIN: invalid challenge from the server: none was expected"))
	})

	It("reports how many responses the server had received when it refused", func() {
		s := open(hear("AUTH LOGIN"), say("-ERR\r\n"),
			hear("AUTH LOGIN"), say("+ "+b64("Username:")+"\r\n"), hear(b64("tim")), say("+ERR (quirk 31)\r\n"),
			hear("AUTH LOGIN"), say("+ "+b64("Username:")+"\r\n"), hear(b64("tim")), say("+ "+b64("Password:")+"\r\n"), hear(b64(someone.Password)), say("-ERR\r\n"))
		for responses := range 3 {
			var failed *pop3.AuthError
			Expect(errors.As(auth(s, "LOGIN"), &failed)).To(BeTrue())
			Expect(failed.Responses).To(Equal(responses))
			Expect(failed.Mechanism).To(Equal("LOGIN"))
		}
	})

	It("limits the number of challenges", func() {
		steps := []any{hear("AUTH EXTERNAL =")}
		for range 32 {
			steps = append(steps, say("+ \r\n"), hear(""))
		}
		s := open(append(steps, hear("*"), say("-ERR\r\n"))...)
		Expect(s.Auth(ctx, patient{})).To(MatchError(pop3.ErrChallenge))
		Expect(s.Err()).NotTo(HaveOccurred())
	})

	DescribeTable("spoils the session when the reply is invalid", func(steps ...any) {
		s := open(append([]any{hear("AUTH CRAM-MD5")}, steps...)...)
		spoiled(ctx, s, auth(s, "CRAM-MD5"))
	},
		Entry("a word", say("what?\r\n")),
		Entry("an empty line", say("\r\n")),
		Entry("a challenge without a blank", say("+PDE4OTY=\r\n")),
		Entry("a closed connection", hangUp{}),
		Entry("a cancelled login that succeeds", say("+ \r\n"), hear("*"), say("+OK\r\n")))

	It("never shows a secret or a response that the server repeats", func() {
		line := b64("\x00tim\x00tanstaaftanstaaf")
		s := open(hear("AUTH PLAIN "+line), say("-ERR unknown command AUTH PLAIN "+line+"\r\n"),
			hear("AUTH PLAIN "+line), say("-ERR tanstaaftanstaaf is wrong\r\n"),
			hear("AUTH PLAIN "+line), say("tanstaaftanstaaf\r\n"))
		for range 3 {
			err := auth(s, "PLAIN")
			Expect(err).To(MatchError(ContainSubstring("(left out: it repeats the password)")))
			Expect(err.Error()).NotTo(Or(ContainSubstring(line), ContainSubstring("tanstaaf")))
		}
		for _, text := range []string{someone.String(), someone.GoString()} {
			Expect(text).NotTo(Or(ContainSubstring("tanstaaf"), ContainSubstring("vF9")))
		}
	})

	DescribeTable("rejects credentials that would end or split a line, and sends nothing", func(name string) {
		s := open()
		for _, who := range []pop3.Credentials{{User: "a\x00b"}, {User: "a", Password: "x\r\nDELE 1"}, {User: "a", Token: "\n"}} {
			Expect(s.Auth(ctx, mechanism(name, who))).To(MatchError(pop3.ErrArgument))
		}
		Expect(s.Err()).NotTo(HaveOccurred())
	},
		Entry(nil, "PLAIN"), Entry(nil, "LOGIN"), Entry(nil, "CRAM-MD5"), Entry(nil, "SCRAM-SHA-1"), Entry(nil, "SCRAM-SHA-256"),
		Entry(nil, "XOAUTH2"), Entry(nil, "OAUTHBEARER"))

	It("refuses a mechanism with an invalid name", func() {
		Expect(open().Auth(ctx, patient{name: "PLAIN x"})).To(MatchError(pop3.ErrArgument))
	})
})

// patient is a mechanism that answers any number of challenges.
type patient struct{ name string }

func (p patient) Start() (name string, initial []byte, err error) {
	if p.name == "" {
		p.name = "EXTERNAL"
	}
	return p.name, []byte{}, nil
}

func (patient) Next([]byte) ([]byte, error) { return nil, nil }

var _ = Describe("SCRAM", func() {
	ctx := context.Background()

	// meet plays a server that has the client's first message, and with it the nonce.
	meet := func(then func(in func() string, out func(string), nonce string)) *pop3.Session {
		GinkgoHelper()
		client, server := net.Pipe()
		s := talk(client, server, func(in func() string, out func(string)) {
			line := in()
			raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(line, "AUTH SCRAM-SHA-256 "))
			if err != nil {
				out("-ERR " + line)
				return
			}
			_, nonce, _ := strings.Cut(string(raw), ",r=")
			then(in, out, nonce)
		})
		return s
	}

	It("rejects a server that accepts the login without knowing the password (RFC 5802 section 3)", func() {
		s := meet(func(in func() string, out func(string), nonce string) {
			out("+ " + b64("r="+nonce+"x,s=c2FsdA==,i=4096"))
			in()
			out("+OK welcome")
		})
		err := s.Auth(ctx, mechanism("SCRAM-SHA-256", someone))
		Expect(err).To(MatchError(ContainSubstring("proof that the server knows the password")))
		Expect(s.Err()).To(BeIdenticalTo(err))
	})

	It("verifies the server's proof", func() {
		s := meet(func(in func() string, out func(string), nonce string) {
			out("+ " + b64("r="+nonce+"x,s=c2FsdA==,i=4096"))
			in()
			out("+ " + b64("v=AAAA"))
			if in() == "*" {
				out("-ERR cancelled")
			}
		})
		Expect(s.Auth(ctx, mechanism("SCRAM-SHA-256", someone))).To(MatchError(pop3.ErrChallenge))
		Expect(s.Err()).NotTo(HaveOccurred())
	})

	DescribeTable("cancels when the server's first message is invalid", func(message string) {
		s := meet(func(in func() string, out func(string), nonce string) {
			out("+ " + b64(strings.Replace(message, "NONCE", nonce, 1)))
			if in() == "*" {
				out("-ERR cancelled")
			}
		})
		err := s.Auth(ctx, mechanism("SCRAM-SHA-256", someone))
		Expect(err).To(MatchError(pop3.ErrChallenge))
		Expect(err.Error()).NotTo(ContainSubstring("\x1b"))
	},
		Entry("another nonce than the client's", "r=other,s=c2FsdA==,i=4096"),
		Entry("too many iterations", "r=NONCEx,s=c2FsdA==,i=2000000000"),
		Entry("too few iterations", "r=NONCEx,s=c2FsdA==,i=1"),
		Entry("nothing", ""),
		Entry("a terminal's codes", "r=NONCEx,\x1b[2J,i=4096"))
})

// talk plays a server whose lines the script returns.
func talk(client, server net.Conn, script func(in func() string, out func(string))) *pop3.Session {
	GinkgoHelper()
	go func() {
		defer server.Close()
		buf := make([]byte, 4096)
		in := func() string {
			n, err := server.Read(buf) // the client writes a line in one piece
			if err != nil {
				return ""
			}
			return strings.TrimSuffix(string(buf[:n]), "\r\n")
		}
		out := func(line string) { _, _ = server.Write([]byte(line + "\r\n")) }
		out("+OK")
		script(in, out)
		in()
	}()
	s, err := pop3.NewSession(context.Background(), client, nil)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(s.Close)
	return s
}

var _ = Describe("AUTH with a correct server", func() {
	ctx := context.Background()
	user := map[string]fakeserver.User{"tim": {Password: someone.Password, Token: someone.Token}}

	var names []any
	for _, m := range pop3.Mechanisms() {
		names = append(names, Entry(nil, m))
	}
	DescribeTable("logs in with every mechanism, and reports a wrong secret as refused", append([]any{func(m pop3.Mechanism) {
		srv := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(), &fakeserver.Options{Users: user})
		s := dial(srv.Addr())
		caps, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(caps.Mechanisms()).To(ContainElement(m.Name))
		wrong := someone
		wrong.Password, wrong.Token = "guess", "guess"
		var failed *pop3.AuthError
		err = s.Auth(ctx, m.Client(wrong))
		Expect(errors.As(err, &failed)).To(BeTrue(), "%v", err)
		Expect(failed).To(MatchError(pop3.ErrCredentials))
		Expect(failed.Responses).To(BeNumerically(">=", m.Proof))
		Expect(s.Auth(ctx, m.Client(someone))).To(Succeed())
		_, err = s.Stat(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Quit(ctx)).To(Succeed())
	}}, names...)...)

	It("supports passwords of more than 64 octets in CRAM-MD5 (behaviour section 3)", func() {
		long := pop3.Credentials{User: "tim", Password: strings.Repeat("long ", 40)}
		srv := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(), &fakeserver.Options{Users: map[string]fakeserver.User{"tim": {Password: long.Password}}})
		Expect(dial(srv.Addr()).Auth(ctx, mechanism("CRAM-MD5", long))).To(Succeed())
	})
})

func dial(address string) *pop3.Session {
	GinkgoHelper()
	conn, err := net.Dial("tcp", address)
	Expect(err).NotTo(HaveOccurred())
	s, err := pop3.NewSession(context.Background(), conn, nil)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(s.Close)
	return s
}

var _ = Describe("Capabilities", func() {
	ctx := context.Background()

	It("list the mechanisms of SASL rows, in any case, and of Domino's AUTH= rows (behaviour section 3)", func() {
		s := open(hear("CAPA"), say("+OK\r\nsasl plain CRAM-MD5\r\nSASL XOAUTH2 PLAIN\r\nAUTH=LOGIN\r\n.\r\n"))
		caps, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(caps.Mechanisms()).To(Equal([]string{"CRAM-MD5", "LOGIN", "PLAIN", "XOAUTH2"}))
	})
})

var _ = DescribeTable("A response code gives a refusal its meaning", func(code string, want error) {
	s := open(hear("NOOP"), say("-ERR ["+code+"] because\r\n"))
	err := s.Noop(context.Background())
	Expect(err).To(MatchError(want))
	for _, other := range []error{pop3.ErrInUse, pop3.ErrLoginDelay, pop3.ErrTemporary, pop3.ErrPermanent, pop3.ErrCredentials} {
		Expect(errors.Is(err, other)).To(Equal(errors.Is(other, want)))
	}
},
	Entry("RFC 2449 section 8.1.2", "IN-USE", pop3.ErrInUse),
	Entry("RFC 2449 section 8.1.1", "login-delay", pop3.ErrLoginDelay),
	Entry("RFC 3206 section 4", "SYS/TEMP", pop3.ErrTemporary),
	Entry("RFC 3206 section 4", "SYS/PERM", pop3.ErrPermanent),
	Entry("with more detail after a slash", "SYS/PERM/GONE", pop3.ErrPermanent),
	Entry("RFC 3206 section 5", "AUTH", pop3.ErrCredentials))
