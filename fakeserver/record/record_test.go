package record_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fakeserver/record"
	"pop3mtm/fixtures"
)

// none has no timestamp in its greeting, which differs each time.
var none = []string{"APOP"}

var _ = Describe("A recorder", func() {
	It("hands every octet on, and the replay gives the same, whatever is pipelined", func() {
		large := 0
		mail := slices.DeleteFunc(fixtures.Nasty(), func(m maildrop.Message) bool { // one of a megabyte is enough
			if m.Size() > 1<<19 {
				large++
			}
			return m.Size() > 1<<19 && large > 1
		})
		commands := everything(len(mail))
		upstream := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(mail...), &fakeserver.Options{Without: none})
		want := converse(upstream.Addr(), commands, len(commands))
		r := recordFrom(upstream.Addr(), record.ProxyOptions{})
		Expect(converse(r.addr, commands, len(commands)) == want).To(BeTrue(), "all at once")
		Expect(converse(r.addr, commands, 1) == want).To(BeTrue(), "one by one")
		recording := r.end()
		Expect(recording.Sessions).To(HaveLen(2))
		for _, s := range recording.Sessions {
			Expect(s.Turns).To(HaveLen(len(commands) + 1))
		}

		p, addr := replay(recording, record.ReplayOptions{})
		Expect(converse(addr, commands, 1) == want).To(BeTrue(), "one by one")
		Expect(converse(addr, commands, len(commands)) == want).To(BeTrue(), "all at once")
		Eventually(p.Done()).WithTimeout(patience).Should(BeClosed())
		Expect(p.Differences()).To(BeEmpty())
		Expect(p.Left()).To(BeZero())
	})

	It("keeps apart what sessions say at the same time", func() {
		upstream := fakeserver.Start(GinkgoTB(), nil, nil)
		r := recordFrom(upstream.Addr(), record.ProxyOptions{})
		a, b := dial(r.addr), dial(r.addr)
		Expect(a.line()).To(HavePrefix("+OK"))
		Expect(b.line()).To(HavePrefix("+OK"))
		Expect(a.ask("USER ann")).To(HavePrefix("+OK"))
		Expect(b.ask("USER bob")).To(HavePrefix("+OK"))
		a.says("QUIT")
		b.says("QUIT")
		a.rest()
		b.rest()
		var said []string
		for _, s := range r.end().Sessions {
			for _, t := range s.Turns[1:] {
				said = append(said, string(t.Command))
			}
		}
		Expect(said).To(ConsistOf("USER ann", "QUIT", "USER bob", "QUIT"))
	})

	It("masks passwords, digests and responses, and user names on wish", func() {
		upstream := fakeserver.Start(GinkgoTB(), nil, &fakeserver.Options{
			Users: map[string]fakeserver.User{"annabel": {Password: "s3cret", Token: "t0ken"}},
		})
		upstream.On(fakeserver.Match{Verb: "PASS", Args: "wr0ng"}, fakeserver.Auto.With(edit.Refuse("no, not wr0ng"))).Once()
		upstream.On(fakeserver.Match{Verb: "PASS", Args: `$x.*+[\q`}, fakeserver.Auto.With(edit.Refuse(`$x.*+[\q $x.*+[\q`))).Once()
		upstream.On(fakeserver.Match{Verb: "bnVsbA=="}, fakeserver.Auto.With(edit.Raw("bnVsbA== is no command\r\n"))).Once()
		r := recordFrom(upstream.Addr(), record.ProxyOptions{MaskUser: true})
		plain := base64.StdEncoding.EncodeToString([]byte("\x00annabel\x00s3cret"))
		for _, attempt := range [][]string{
			{"USER annabel", "PASS wr0ng", "pass s3cret"},
			{"USER annabel", `PASS $x.*+[\q`},
			{"USER annabel", "pass\tt4bbed"},
			{"AUTH NONE", "bnVsbA=="},
			{"APOP annabel d1gest"},
			{"AUTH PLAIN " + plain},
			{"AUTH PLAIN", plain},
			{"AUTH LOGIN", "YW5uYWJlbA==", "czNjcmV0"},
			{"AUTH XYZ", "s3cretr3sponse"},
			{"AUTH CRAM-MD5", "*"},
		} {
			c := dial(r.addr)
			c.line()
			for _, l := range attempt {
				c.says(l)
				c.line()
			}
			c.says("QUIT")
			c.rest()
		}
		Expect(upstream.Transcripts()).NotTo(BeEmpty())
		recording := r.end()
		text := r.transcript.String()
		for _, secret := range []string{"s3cret", "wr0ng", "d1gest", plain, "YW5uYWJlbA==", "czNjcmV0", "s3cretr3sponse", "annabel", "t4bbed", "$x", "bnVsbA"} {
			Expect(text).NotTo(ContainSubstring(secret))
		}
		Expect(text).To(ContainSubstring("C: *\n"))
		Expect(text).To(ContainSubstring("S: -ERR no, not ********\n"))
		Expect(text).To(ContainSubstring("S: -ERR ******** ********\n"))
		Expect(text).To(ContainSubstring("S: ******** is no command\n"))
		Expect(recording.Sessions[7].Turns[2].Response).To(BeTrue())
	})

	It("masks the last word of a SCRAM server", func() {
		l := listen()
		go func() {
			defer GinkgoRecover()
			c, err := l.Accept()
			Expect(err).NotTo(HaveOccurred())
			_, err = io.WriteString(c, "+OK\r\n+ \r\n+ "+base64.StdEncoding.EncodeToString([]byte("r=x,s=c2FsdA==,i=4096"))+"\r\n+ "+base64.StdEncoding.EncodeToString([]byte("v=signature"))+"\r\n+OK in\r\n")
			Expect(err).NotTo(HaveOccurred())
			c.Close()
			l.Close()
		}()
		r := recordFrom(l.Addr().String(), record.ProxyOptions{})
		c := dial(r.addr)
		c.says("AUTH SCRAM-SHA-256", "bixhLG4=", "Yz1iaXdz", "")
		Expect(c.rest()).To(ContainSubstring(base64.StdEncoding.EncodeToString([]byte("v=signature"))))
		r.end()
		Expect(r.transcript.String()).To(And(ContainSubstring("S: + ********\n"), ContainSubstring("S: + cj14")))
	})

	It("writes down how a server breaks off, and the replay breaks off there", func() {
		drop := fakeserver.NewMaildrop(fixtures.Mail("plain")...)
		upstream := fakeserver.Start(GinkgoTB(), drop, &fakeserver.Options{Without: none})
		upstream.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.BareLF(), edit.CutAfter(333, edit.Close)))
		r := recordFrom(upstream.Addr(), record.ProxyOptions{})
		commands := []string{"USER demo", "PASS demo", "RETR 1"}
		want := converse(r.addr, commands, 1)
		recording := r.end()
		Expect(recording.Sessions[0].End).To(Equal(record.ServerClosed))
		_, addr := replay(recording, record.ReplayOptions{})
		Expect(converse(addr, commands, 1)).To(Equal(want))
	})

	It("tells the client and the transcript that there is no server", func() {
		l := listen()
		l.Close()
		r := recordFrom(l.Addr().String(), record.ProxyOptions{})
		Expect(dial(r.addr).rest()).To(MatchRegexp(`^-ERR cannot connect to the server: .*\r\n$`))
		Expect(r.end().Sessions[0].End).To(Equal(record.ServerClosed))
	})

	It("stops when the transcript cannot be written", func() {
		upstream := fakeserver.Start(GinkgoTB(), nil, nil)
		full := errors.New("no space")
		p := record.NewProxy(failing{full}, &record.ProxyOptions{Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", upstream.Addr())
		}})
		l := listen()
		served := make(chan error, 1)
		go func() { served <- p.Serve(l) }()
		dial(l.Addr().String()).rest()
		Eventually(served).WithTimeout(patience).Should(Receive(MatchError(full)))
		Expect(p.Close()).To(MatchError(full))
		Expect(upstream.Sessions()).To(BeZero())
	})

	It("ends a session whose client goes on and on while the server says nothing", func() {
		l := listen()
		DeferCleanup(l.Close)
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			_, _ = io.Copy(io.Discard, c) // until it is cut off
		}()
		r := recordFrom(l.Addr().String(), record.ProxyOptions{})
		c := dial(r.addr)
		_, _ = io.WriteString(c, strings.Repeat("NOOP\r\n", 20_001)) // it may be cut off
		c.rest()
		recording := r.end()
		Expect(r.transcript.String()).To(ContainSubstring("[too many commands without a reply: the client has sent 20000]"))
		Expect(recording.Sessions[0].Turns).To(HaveLen(20_000))
	})

	It("ends a session whose client sends a line without end", func() {
		upstream := fakeserver.Start(GinkgoTB(), nil, nil)
		r := recordFrom(upstream.Addr(), record.ProxyOptions{})
		c := dial(r.addr)
		_, _ = io.WriteString(c, strings.Repeat("x", record.MaxCommand+1)) // it may be cut off
		c.rest()
		r.end()
		Expect(r.transcript.String()).To(ContainSubstring("[the client sent too long a line]"))
	})
})

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

var _ = Describe("A recorder with TLS", Ordered, func() {
	var ca *fixtures.CA
	var upstream *fakeserver.Server
	var implicit string
	BeforeAll(func() {
		ca = fixtures.NewCA()
		upstream = fakeserver.Start(GinkgoTB(), nil, &fakeserver.Options{TLS: ca.Server(), Without: none})
		l := listen()
		implicit = l.Addr().String()
		go func() { _ = upstream.ServeTLS(l) }() // it ends with the server
	})
	options := func(mode record.Upstream) record.ProxyOptions {
		return record.ProxyOptions{Upstream: mode, ServerTLS: ca.Server(),
			ClientTLS: &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12}}
	}
	address := func(mode record.Upstream) string {
		if mode == record.ImplicitTLS {
			return implicit
		}
		return upstream.Addr()
	}

	for name, mode := range map[string]record.Upstream{"plain": record.Plain, "STLS": record.STLS, "implicit": record.ImplicitTLS} {
		It("lets a client ask for STLS when the server's line is "+name+", and the replay does", func() {
			r := recordFrom(address(mode), options(mode))
			talk := func(addr string) {
				GinkgoHelper()
				c := dial(addr)
				Expect(c.line()).To(Equal("+OK POP3 server ready"))
				Expect(c.list("CAPA")).To(ContainElement("STLS"))
				Expect(c.ask("STLS")).To(Equal("+OK begin TLS"))
				c = c.secure(ca)
				Expect(c.list("CAPA")).NotTo(ContainElement("STLS"))
				Expect(c.ask("USER demo")).To(HavePrefix("+OK"))
				Expect(c.ask("PASS demo")).To(HavePrefix("+OK"))
				Expect(c.list("CAPA")).NotTo(ContainElement("STLS"))
				Expect(c.ask("QUIT")).To(HavePrefix("+OK"))
				c.rest()
			}
			talk(r.addr)
			recording := r.end()
			Expect(recording.ImplicitTLS()).To(BeFalse())
			p, addr := replay(recording, record.ReplayOptions{Server: &fakeserver.Options{TLS: ca.Server()}})
			talk(addr)
			Eventually(p.Done()).WithTimeout(patience).Should(BeClosed())
			Expect(p.Differences()).To(BeEmpty())
		})

		It("has a port that begins with TLS when the server's line is "+name, func() {
			r := recordFrom(address(mode), options(mode))
			c := dial(r.tls).secure(ca)
			Expect(c.line()).To(Equal("+OK POP3 server ready"))
			Expect(c.ask("STLS")).To(HavePrefix("-ERR"))
			Expect(c.ask("QUIT")).To(HavePrefix("+OK"))
			c.rest()
			Expect(r.end().ImplicitTLS()).To(BeTrue())
		})
	}

	It("hands on that the server refuses STLS, and what was pipelined with it", func() {
		plain := fakeserver.Start(GinkgoTB(), nil, &fakeserver.Options{Without: none})
		r := recordFrom(plain.Addr(), options(record.Plain))
		c := dial(r.addr)
		c.says("NOOP", "STLS", "USER demo", "QUIT")
		Expect(strings.Count(c.rest(), "-ERR")).To(Equal(2))
		Expect(r.end().Sessions[0].Turns).To(HaveLen(5))
	})

	It("does not trust a server with another certificate", func() {
		o := options(record.ImplicitTLS)
		o.ClientTLS = &tls.Config{ServerName: "localhost", MinVersion: tls.VersionTLS12}
		r := recordFrom(implicit, o)
		Expect(dial(r.addr).rest()).To(MatchRegexp(`^-ERR TLS with the server: .*certificate`))
		Expect(r.end().ImplicitTLS()).To(BeFalse(), "the client had no TLS")
	})

	It("takes nothing that comes before the handshake", func() {
		l := listen()
		go func() {
			defer GinkgoRecover()
			c, err := l.Accept()
			Expect(err).NotTo(HaveOccurred())
			defer c.Close()
			_, err = io.WriteString(c, "+OK hello\r\n")
			Expect(err).NotTo(HaveOccurred())
			_, err = c.Read(make([]byte, 100))
			Expect(err).NotTo(HaveOccurred())
			_, err = io.WriteString(c, "+OK begin\r\n+OK injected\r\n")
			Expect(err).NotTo(HaveOccurred())
			_, _ = c.Read(make([]byte, 1)) // until it is cut off
		}()
		DeferCleanup(l.Close)
		r := recordFrom(l.Addr().String(), options(record.STLS))
		Expect(dial(r.addr).rest()).To(Equal("-ERR cannot start TLS with the server: octets arrived before the handshake\r\n"))
	})
})

var _ = Describe("A replay", func() {
	const transcript = `
S: +OK hello
C: USER ann
S: +OK
C: PASS ********
S: +OK 1 message
C: STAT
S: +OK 1 \xff\\
C: QUIT
S: +OK
[the server closed the connection]
[session 2]
S: +OK again
`
	It("refuses another command, tells the line, and waits for the recorded one", func() {
		p, addr := replay(read(transcript), record.ReplayOptions{})
		c := dial(addr)
		Expect(c.line()).To(Equal("+OK hello"))
		Expect(c.ask("user ann")).To(Equal("+OK"))
		Expect(c.ask("LIST")).To(Equal("-ERR another command is recorded here, in line 5"))
		Expect(c.ask("PASS s3cret")).To(Equal("+OK 1 message"))
		Expect(c.ask("STAT")).To(Equal("+OK 1 \xFF\\"))
		c.Close()
		c = dial(addr)
		Expect(c.line()).To(Equal("+OK again"))
		Expect(c.ask("PASS s3cret")).To(HavePrefix("-ERR the recording has no more commands"))
		c.Close()
		Eventually(p.Done()).WithTimeout(patience).Should(BeClosed())
		var told []string
		for _, d := range p.Differences() {
			told = append(told, d.String())
		}
		Expect(told).To(ConsistOf(
			"session 1: C: LIST; line 5 has C: PASS ********",
			"session 1: the session has ended; line 9 has C: QUIT",
			"session 2: C: PASS ********; line 13 has the end of the session",
		))
		Expect(dial(addr).rest()).To(Equal("-ERR the recording has no more sessions\r\n"))
	})

	It("tells no secrets of a client that does otherwise", func() {
		p, addr := replay(read(transcript), record.ReplayOptions{})
		c := dial(addr)
		c.line()
		for _, l := range []string{"AUTH PLAIN AGFubg==", "AUTH LOGIN", "YW5u", "c2VjcmV0", "PASS secret", "NOOP"} {
			Expect(c.ask(l)).To(HavePrefix("-ERR"))
		}
		c.Close()
		Eventually(func() []string {
			var got []string
			for _, d := range p.Differences() {
				got = append(got, d.Got)
			}
			return got
		}).WithTimeout(patience).Should(Equal([]string{"C: AUTH PLAIN ********", "C: AUTH LOGIN", "C: ********", "C: ********",
			"C: PASS ********", "C: NOOP", "the session has ended"}))
	})

	It("begins again with the first session on wish", func() {
		p, addr := replay(read("S: +OK one\n[session 2]\nS: +OK two\n"), record.ReplayOptions{Repeat: true})
		for n := range 5 {
			Expect(dial(addr).line()).To(Equal([]string{"+OK one", "+OK two"}[n%2]))
		}
		Expect(p.Left()).To(BeNumerically("<=", 2))
		Consistently(p.Done()).WithTimeout(0).ShouldNot(BeClosed())
	})

	DescribeTable("has no recording when", func(transcript, want string) {
		_, err := record.Read(strings.NewReader(transcript), int64(len(transcript)))
		Expect(err).To(MatchError(ContainSubstring(want)))
	},
		Entry("there is nothing", "[a remark]\n", "the file has no session"),
		Entry("a line is invalid", "S: +OK\nhello\n", "2:1: a line must begin with"),
		Entry("a command has no end", strings.Repeat(fmt.Sprintf("C: %s\\\n", strings.Repeat("x", 60<<10)), 3), "2:1: the client's line is too long: the limit is 65536 octets"),
	)
})
