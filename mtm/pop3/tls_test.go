package pop3_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/pop3"
)

var _ = Describe("TLS", func() {
	ctx := context.Background()
	ca := fixtures.NewCA()
	trusts := func() *tls.Config { return &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"} }
	serves := func(config *tls.Config) *fakeserver.Options { return &fakeserver.Options{TLS: config} }

	connect := func(address string) net.Conn {
		GinkgoHelper()
		conn, err := net.Dial("tcp", address)
		Expect(err).NotTo(HaveOccurred())
		return conn
	}

	fetchesAll := func(s *pop3.Session, mail []maildrop.Message) {
		GinkgoHelper()
		Expect(s.Encrypted()).To(BeTrue())
		_, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Auth(ctx, mechanism("PLAIN", pop3.Credentials{User: "demo", Password: "demo"}))).To(Succeed())
		all := &collects{got: map[int]string{}}
		Expect(s.RetrAll(ctx, numbers(len(mail)), all)).To(Succeed())
		for i, m := range mail {
			raw, err := maildrop.Read(m)
			Expect(err).NotTo(HaveOccurred())
			if len(raw) > 0 && !bytes.HasSuffix(raw, []byte("\r\n")) {
				raw = append(bytes.Clone(raw), "\r\n"...)
			}
			Expect(all.got[i+1] == string(raw)).To(BeTrue(), m.UID())
		}
		Expect(s.Quit(ctx)).To(Succeed())
	}

	It("starts with STLS, discards the earlier capabilities, and every message is exact", func() {
		mail := fixtures.Nasty()
		srv := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(mail...), serves(ca.Server()))
		s := dial(srv.Addr())
		caps, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(caps.Has("STLS")).To(BeTrue())
		Expect(s.Encrypted()).To(BeFalse())
		Expect(s.Stls(ctx, trusts())).To(Succeed())
		Expect(s.Capabilities()).To(BeEmpty())
		caps, err = s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(caps.Has("STLS")).To(BeFalse())
		Expect(s.Stls(ctx, trusts())).To(MatchError(pop3.ErrArgument))
		fetchesAll(s, mail)
	})

	It("starts with the first octet of a *tls.Conn (RFC 8314 section 3)", func() {
		mail := fixtures.Nasty()
		srv := fakeserver.StartTLS(GinkgoTB(), fakeserver.NewMaildrop(mail...), serves(ca.Server()))
		s, err := pop3.NewSession(ctx, tls.Client(connect(srv.Addr()), trusts()), nil)
		Expect(err).NotTo(HaveOccurred())
		fetchesAll(s, mail)
	})

	It("keeps its window full over a connection without buffers", func() {
		mail := fixtures.Nasty()
		srv := fakeserver.New(fakeserver.NewMaildrop(mail...), serves(ca.Server()))
		DeferCleanup(srv.Close)
		here, there := net.Pipe()
		go srv.ServeTLSConn(there)
		s, err := pop3.NewSession(ctx, tls.Client(here, trusts()), nil)
		Expect(err).NotTo(HaveOccurred())
		fetchesAll(s, mail)
	})

	DescribeTable("rejects an untrusted certificate", func(certificate *tls.Config, why string) {
		untrusted := func(err error) {
			GinkgoHelper()
			Expect(err).To(BeAssignableToTypeOf(&pop3.TLSError{}))
			var wrong *tls.CertificateVerificationError
			Expect(errors.As(err, &wrong)).To(BeTrue())
			Expect(err).To(MatchError(ContainSubstring(why)))
		}
		srv := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(), serves(certificate))
		s := dial(srv.Addr())
		err := s.Stls(ctx, trusts())
		untrusted(err)
		spoiled(ctx, s, err)

		implicit := fakeserver.StartTLS(GinkgoTB(), fakeserver.NewMaildrop(), serves(certificate))
		_, err = pop3.NewSession(ctx, tls.Client(connect(implicit.Addr()), trusts()), nil)
		untrusted(err)
	},
		Entry("another name", ca.Server("mail.example.org"), "not localhost"),
		Entry("expired", ca.Expired(), "expired"),
		Entry("self-signed (quirk 38)", fixtures.SelfSigned(), "unknown authority"),
		Entry("of another authority", fixtures.NewCA().Server(), "unknown authority"))

	It("leaves the session as it was when the server refuses STLS", func() {
		s := dial(fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(), nil).Addr())
		Expect(s.Stls(ctx, trusts())).To(BeAssignableToTypeOf(&pop3.ReplyError{}))
		Expect(s.Encrypted()).To(BeFalse())
		Expect(s.User(ctx, "demo")).To(Succeed())
	})

	It("ends the session when unencrypted octets come before the handshake (quirk 37)", func() {
		s := open(hear("STLS"), say("+OK\r\n+OK injected\r\n"))
		err := s.Stls(ctx, trusts())
		Expect(err).To(MatchError(`STLS: expected the TLS handshake after +OK, got "+OK injected\x0d\x0a"`))
		spoiled(ctx, s, err)
	})

	It("ends the session when the server continues without TLS", func() {
		s := open(hear("STLS"), say("+OK\r\n"), anything("the beginning of a handshake"), say("+OK still here\r\n"))
		err := s.Stls(ctx, trusts())
		Expect(err).To(BeAssignableToTypeOf(&pop3.TLSError{}))
		spoiled(ctx, s, err)
	})

	It("ends the session when the connection is lost during the handshake", func() {
		srv := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(), serves(ca.Server()))
		srv.On(fakeserver.Match{Verb: "TLS"}, fakeserver.Auto.With(edit.CutAfter(100, edit.Close))).Must()
		s := dial(srv.Addr())
		err := s.Stls(ctx, trusts())
		Expect(err).To(MatchError("the server closed the connection during the TLS handshake"))
		spoiled(ctx, s, err)
	})

	It("needs ServerName or InsecureSkipVerify, and sends nothing without them", func() {
		s := open()
		Expect(s.Stls(ctx, nil)).To(MatchError(pop3.ErrArgument))
		Expect(s.Stls(ctx, &tls.Config{})).To(MatchError(pop3.ErrArgument))
	})

	It("shows no control characters of a certificate", func() {
		s := dial(fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(), serves(ca.Server("a\x1b[2Jb.example"))).Addr())
		Expect(s.Stls(ctx, trusts()).Error()).NotTo(ContainSubstring("\x1b"))
	})

	It("reports a connection that ends without close_notify as broken", func() {
		srv := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(fixtures.Nasty()[0]), serves(ca.Server()))
		srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto.With(edit.CutAfter(2, edit.Reset))).Must()
		s := dial(srv.Addr())
		Expect(s.Stls(ctx, trusts())).To(Succeed())
		Expect(s.Noop(ctx)).To(BeAssignableToTypeOf(&pop3.LineError{}))
	})
})

func TestASilentHandshakeEndsWithTheTimeout(t *testing.T) {
	inBubble(t, func(conn net.Conn, in *bufio.Reader) {
		hearLine(in)
		_, _ = io.WriteString(conn, "+OK\r\n")
	}, func(t *testing.T, s *pop3.Session) {
		start := time.Now()
		err := s.Stls(t.Context(), &tls.Config{ServerName: "localhost"})
		if !errors.Is(err, os.ErrDeadlineExceeded) || err.Error() != "no data from the server for 1m0s during the TLS handshake" {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != time.Minute {
			t.Fatalf("waited %v", waited)
		}
	})
}

func TestADrippingHandshakeEndsWithTheTimeoutAllTheSame(t *testing.T) {
	inBubble(t, func(conn net.Conn, in *bufio.Reader) {
		hearLine(in)
		_, _ = io.WriteString(conn, "+OK\r\n")
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		for _, octet := range append([]byte{22, 3, 3, 0x40, 0}, make([]byte, 0x4000)...) {
			<-time.After(25 * time.Second)
			if _, err := conn.Write([]byte{octet}); err != nil {
				return
			}
		}
	}, func(t *testing.T, s *pop3.Session) {
		start := time.Now()
		err := s.Stls(t.Context(), &tls.Config{ServerName: "localhost"})
		if waited := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || waited != time.Minute {
			t.Fatalf("%v after %v", err, waited)
		}
	})
}

func TestAHandshakeIsGivenUpWithItsContext(t *testing.T) {
	inBubble(t, func(conn net.Conn, in *bufio.Reader) {
		hearLine(in)
		_, _ = io.WriteString(conn, "+OK\r\n")
	}, func(t *testing.T, s *pop3.Session) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := s.Stls(ctx, &tls.Config{ServerName: "localhost"})
		if !errors.Is(err, context.DeadlineExceeded) || s.Err() != err {
			t.Fatal(err)
		}
	})
}

func TestClosingASecuredLineWaitsForNobody(t *testing.T) {
	ca := fixtures.NewCA()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer server.Close()
		go func() { // it reads nothing after the greeting
			secured := tls.Server(server, ca.Server())
			_, _ = io.WriteString(secured, "+OK\r\n")
		}()
		s, err := pop3.NewSession(t.Context(), tls.Client(client, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"}), nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 0 {
			t.Fatalf("waited %v", waited)
		}
	})
}
