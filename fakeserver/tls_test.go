package fakeserver_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-sasl"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fixtures"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// secure begins TLS as a client that trusts ca.
func (p *peer) secure(ca *fixtures.CA) (*peer, error) {
	GinkgoHelper()
	Expect(p.in.Buffered()).To(BeZero())
	c := tls.Client(p.Conn, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return &peer{c, bufio.NewReader(c)}, c.HandshakeContext(ctx)
}

// counting counts the octets that come over a connection.
type counting struct {
	net.Conn
	octets atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.octets.Add(int64(n))
	return n, err
}

var _ = Describe("TLS", Ordered, func() {
	var ca *fixtures.CA
	var o *fakeserver.Options
	BeforeAll(func() {
		ca = fixtures.NewCA()
		o = &fakeserver.Options{TLS: ca.Server()}
	})

	stls := func(srv *fakeserver.Server) *peer {
		GinkgoHelper()
		p, _ := connect(srv)
		Expect(p.ask("STLS")).To(Equal("+OK begin TLS"))
		p, err := p.secure(ca)
		Expect(err).NotTo(HaveOccurred())
		return p
	}
	implicit := func(srv *fakeserver.Server) *peer {
		GinkgoHelper()
		p, err := dial(srv).secure(ca)
		Expect(err).NotTo(HaveOccurred())
		Expect(p.line()).To(HavePrefix("+OK POP3 server ready <"))
		return p
	}
	startTLS := func() *fakeserver.Server { return fakeserver.StartTLS(GinkgoTB(), three(), o) }
	lastLines := func(srv *fakeserver.Server) []string {
		GinkgoHelper()
		wait(srv)
		return srv.Transcripts()[srv.Sessions()-1].Lines
	}

	It("begins with STLS, once and before login only (RFC 2595)", func() {
		srv := start(three(), o)
		p, _ := connect(srv)
		_, capa := p.multi("CAPA")
		Expect(capa).To(ContainSubstring("\r\nSTLS\r\n"))
		Expect(p.ask("STLS now")).To(HavePrefix("-ERR"))
		Expect(p.ask("stls")).To(HavePrefix("+OK"))
		p, err := p.secure(ca)
		Expect(err).NotTo(HaveOccurred())
		_, capa = p.multi("CAPA")
		Expect(capa).NotTo(ContainSubstring("STLS"))
		Expect(capa).To(ContainSubstring("USER\r\n"))
		Expect(p.ask("STLS")).To(Equal("-ERR TLS is on already"))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS demo")).To(HavePrefix("+OK"))
		Expect(p.ask("STLS")).To(HavePrefix("-ERR not in the TRANSACTION state"))
		_, wire := p.multi("RETR 2")
		Expect(wire).To(Equal("B: 1\r\nC: 2\r\n\r\nxx\r\nyy\r\n"))
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(p.rest()).To(BeEmpty())

		clear := login(srv)
		_, capa = clear.multi("CAPA")
		Expect(capa).NotTo(ContainSubstring("STLS"))
		Expect(clear.ask("STLS")).To(HavePrefix("-ERR not in the TRANSACTION state"))
	})

	It("ends without close_notify on request (quirk 41)", func() {
		srv := startTLS()
		srv.On(fakeserver.Match{Verb: "QUIT", Session: 2}, fakeserver.Auto.With(edit.ThenEnd(edit.Drop)))
		for _, notified := range []bool{true, false} {
			near, far := net.Pipe() // one read for one write
			go srv.ServeTLSConn(far)
			raw := &counting{Conn: near}
			p, err := (&peer{raw, bufio.NewReader(raw)}).secure(ca)
			Expect(err).NotTo(HaveOccurred())
			Expect(p.line()).To(HavePrefix("+OK"))
			Expect(p.ask("QUIT")).To(Equal("+OK bye"))
			before := raw.octets.Load()
			Expect(p.rest()).To(BeEmpty())
			Expect(raw.octets.Load() > before).To(Equal(notified))
		}
	})

	It("is not spoiled by edits that wait for a whole line", func() {
		srv := startTLS()
		srv.On(fakeserver.Match{Verb: "TLS"}, fakeserver.Auto.With(edit.DoubleRow(1_000_000), edit.SplitOctets(), edit.NoTerminator()))
		Expect(implicit(srv).ask("CAPA")).To(HavePrefix("+OK"))
	})

	It("is from the first octet on a listener of its own (RFC 8314)", func() {
		srv := startTLS()
		p := implicit(srv)
		Expect(p.ask("STLS")).To(HavePrefix("-ERR"))
		_, capa := p.multi("CAPA")
		Expect(capa).NotTo(ContainSubstring("STLS"))
		Expect(p.authenticate(sasl.NewPlainClient("", "demo", "demo"), true)).To(HavePrefix("+OK"))
		p.say(strings.Repeat("RETR 1\r\n", 5000) + "QUIT\r\n")
		Expect(strings.Count(p.rest(), "+OK 10 octets\r\n")).To(Equal(5000))
		Expect(p.Close()).To(Succeed())
		lines := lastLines(srv)
		Expect(lines[:2]).To(HaveExactElements(Equal("[TLS 1.3]"), HavePrefix("S: +OK POP3 server")))
		Expect(lines).To(ContainElements("C: AUTH PLAIN ********", "[ended by the server: close]"))
	})

	It("is not there without a certificate", func() {
		srv := start(three(), nil)
		p, _ := connect(srv)
		_, capa := p.multi("CAPA")
		Expect(capa).NotTo(ContainSubstring("STLS"))
		Expect(p.ask("STLS")).To(Equal("-ERR unknown command"))
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		Expect(srv.ServeTLS(l)).To(MatchError(ContainSubstring("set Options.TLS")))
		near, far := net.Pipe()
		srv.ServeTLSConn(far)
		Expect(io.ReadAll(near)).To(BeEmpty())
	})

	It("lets passwords pass that need it", func() {
		needy := *o
		needy.PlaintextNeedsTLS = true
		srv := start(three(), &needy)
		p, _ := connect(srv)
		_, capa := p.multi("CAPA")
		Expect(capa).NotTo(Or(ContainSubstring("USER"), ContainSubstring("PLAIN")))
		p = stls(srv)
		_, capa = p.multi("CAPA")
		Expect(capa).To(And(ContainSubstring("USER"), ContainSubstring("PLAIN")))
		Expect(p.authenticate(sasl.NewLoginClient("demo", "demo"), true)).To(HavePrefix("+OK"))
	})

	It("forgets what was said before", func() {
		p, _ := connect(start(three(), o))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("STLS")).To(HavePrefix("+OK"))
		p, err := p.secure(ca)
		Expect(err).NotTo(HaveOccurred())
		Expect(p.ask("PASS demo")).To(Equal("-ERR USER first"))
	})

	It("ends the session of a client that sends anything between STLS and the handshake", func() {
		srv := start(three(), o)
		p, _ := connect(srv)
		p.say("STLS\r\nUSER demo\r\n")
		Expect(p.rest()).To(Equal("-ERR nothing may follow STLS before the handshake\r\n"))

		p, _ = connect(srv)
		Expect(p.ask("STLS")).To(HavePrefix("+OK"))
		p.say("USER demo\r\nPASS demo\r\nDELE 1\r\nQUIT\r\n")
		Expect(p.rest()).NotTo(ContainSubstring("+OK"))
		Expect(p.Close()).To(Succeed())
		Expect(lastLines(srv)).To(ContainElement("[TLS handshake failed: tls: first record does not look like a TLS handshake]"))
	})

	It("says in the transcript what it was, and shows what went through it", func() {
		srv := start(three(), o)
		p := stls(srv)
		Expect(p.ask("NOOP")).To(HavePrefix("-ERR"))
		Expect(p.Close()).To(Succeed())
		Expect(lastLines(srv)).To(HaveExactElements(HavePrefix("S: +OK"), "C: STLS", "S: +OK begin TLS", "[TLS 1.3]",
			"C: NOOP", HavePrefix("S: -ERR"), "[closed by the client]"))
	})

	It("tells handlers about itself", func() {
		srv := start(three(), o)
		srv.On(fakeserver.Match{Verb: "XTLS"}, func(x *fakeserver.Exchange) edit.Reply {
			if state := x.Session.TLS(); state != nil {
				return edit.OK(state.ServerName)
			}
			return edit.Err("none")
		})
		p, _ := connect(srv)
		Expect(p.ask("XTLS")).To(Equal("-ERR none"))
		Expect(stls(srv).ask("XTLS")).To(Equal("+OK localhost"))
	})

	DescribeTable("offers another certificate by a rule",
		func(config func() *tls.Config, refused any) {
			plain := start(three(), o)
			for _, srv := range []*fakeserver.Server{plain, startTLS()} {
				srv.On(fakeserver.Match{Verb: "TLS"}, fakeserver.Handshake(config())).Once().Must()
				p := dial(srv)
				if srv == plain {
					Expect(p.line()).To(HavePrefix("+OK"))
					Expect(p.ask("STLS")).To(HavePrefix("+OK"))
				}
				_, err := p.secure(ca)
				Expect(errors.As(err, refused)).To(BeTrue(), "%v", err)
				Expect(p.Close()).To(Succeed())
				Expect(lastLines(srv)).To(ContainElement(MatchRegexp(`^\[TLS (handshake failed|ended by the client): .*(bad certificate|unknown certificate authority|expired certificate)`)))
			}
		},
		Entry("for another name", func() *tls.Config { return ca.Server("mail.example.org") }, &x509.HostnameError{}),
		Entry("that has expired", func() *tls.Config { return ca.Expired() }, &x509.CertificateInvalidError{}),
		Entry("that is self-signed", fixtures.SelfSigned, &x509.UnknownAuthorityError{}))

	It("ends where a rule cuts the handshake", func() {
		srv := startTLS()
		for _, n := range []int64{0, 1, 5, 100, 127, 500} {
			for _, how := range []edit.End{edit.Close, edit.Reset, edit.HalfClose} {
				if n == 0 && how == edit.Reset {
					continue // the client may find that out while it connects
				}
				srv.On(fakeserver.Match{Verb: "TLS"}, fakeserver.Auto.With(edit.CutAfter(n, how))).Once().Must()
				_, err := dial(srv).secure(ca)
				Expect(err).To(HaveOccurred(), "%d %v", n, how)
				Expect(errors.Is(err, context.DeadlineExceeded)).To(BeFalse(), "%d %v: %v", n, how, err)
			}
		}
		implicit(srv)
	})

	It("is silence when a rule withholds its octets, until the client gives up", func() {
		for _, n := range []int64{0, 1, 100} {
			srv := start(three(), o)
			rule := srv.On(fakeserver.Match{Verb: "TLS"}, fakeserver.Auto.With(edit.CutAfter(n, edit.Open))).Once().Must()
			p, _ := connect(srv)
			Expect(p.ask("STLS")).To(HavePrefix("+OK"))
			raw := &counting{Conn: p.Conn}
			c := tls.Client(raw, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12})
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- c.HandshakeContext(ctx) }()
			Eventually(rule.Fired).WithTimeout(patience).Should(Equal(1))
			Eventually(raw.octets.Load).WithTimeout(patience).Should(Equal(n))
			Consistently(ended, 20*time.Millisecond).ShouldNot(Receive())
			cancel()
			Expect(<-ended).NotTo(Succeed())
			_ = p.Close() // the handshake has closed it
			wait(srv)
			Expect(raw.octets.Load()).To(Equal(n))
			Expect(lastLines(srv)).To(HaveExactElements(HavePrefix("S: +OK"), "C: STLS", "S: +OK begin TLS", "[ended by the server: stall]"))
		}
	})

	It("is refused in plain text by a rule (quirk 38)", func() {
		srv := start(three(), o)
		srv.On(fakeserver.Match{Verb: "TLS"}, fakeserver.Auto.With(edit.Refuse("TLS is broken today"))).Once().Must()
		p, _ := connect(srv)
		Expect(p.ask("STLS")).To(HavePrefix("+OK"))
		Expect(p.line()).To(Equal("-ERR TLS is broken today"))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK")) // it goes on without
	})

	It("comes with injected replies by a rule (quirk 37)", func() {
		srv := start(three(), o)
		srv.On(fakeserver.Match{Verb: "STLS"}, fakeserver.Auto.With(edit.Raw("+OK begin TLS\r\n+OK injected\r\n"))).Once().Must()
		p, _ := connect(srv)
		Expect(p.ask("STLS")).To(HavePrefix("+OK"))
		Expect(p.line()).To(Equal("+OK injected"))
		p, err := p.secure(ca)
		Expect(err).NotTo(HaveOccurred())
		Expect(p.ask("CAPA")).To(HavePrefix("+OK"))
	})

	It("does not begin when a rule refuses STLS", func() {
		srv := start(three(), o)
		srv.On(fakeserver.Match{Verb: "STLS"}, fakeserver.Auto.With(edit.Refuse("not today")))
		p, _ := connect(srv)
		Expect(p.ask("STLS")).To(Equal("-ERR not today"))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
	})

	It("is no command, though a client may say so", func() {
		p, _ := connect(start(three(), o))
		Expect(p.ask("TLS")).To(Equal("-ERR unknown command"))
		Expect(p.ask("CONNECT")).To(Equal("-ERR unknown command"))
	})

	It("cuts a reply inside TLS by a reset too", func() {
		srv := startTLS()
		srv.On(fakeserver.Match{Verb: "CAPA"}, fakeserver.Auto.With(edit.CutAfter(10, edit.Reset)))
		p := implicit(srv)
		p.say("CAPA\r\n")
		b, err := io.ReadAll(p.in)
		Expect(string(b)).To(Equal("+OK capabi"))
		Expect(err).To(HaveOccurred())
	})

	It("is not waited for when the server closes", func() {
		srv := startTLS()
		p := dial(srv)
		Eventually(srv.Sessions).WithTimeout(patience).Should(Equal(1))
		Expect(srv.Close()).To(Succeed())
		Expect(p.rest()).To(BeEmpty())
	})
})
