package fakeserver_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// peer is a client that sends and reads octets, and knows no more of POP3 than
// where a line and a multi-line reply end.
type peer struct {
	net.Conn
	in *bufio.Reader
}

// connect opens a connection and reads the greeting.
func connect(srv *fakeserver.Server) (*peer, string) {
	GinkgoHelper()
	p := dial(srv)
	return p, p.line()
}

func dial(srv *fakeserver.Server) *peer {
	GinkgoHelper()
	var d net.Dialer
	c, err := d.DialContext(context.Background(), "tcp", srv.Addr())
	Expect(err).NotTo(HaveOccurred())
	Expect(c.SetDeadline(time.Now().Add(patience))).To(Succeed())
	DeferCleanup(func() { _ = c.Close() }) // specs close it before, too
	return &peer{c, bufio.NewReader(c)}
}

// login opens a session in TRANSACTION.
func login(srv *fakeserver.Server) *peer {
	GinkgoHelper()
	p, _ := connect(srv)
	Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
	Expect(p.ask("PASS demo")).To(HavePrefix("+OK"))
	return p
}

func (p *peer) say(text string) {
	GinkgoHelper()
	_, err := io.WriteString(p, text)
	Expect(err).NotTo(HaveOccurred())
}

// line reads a line with CRLF and returns it without.
func (p *peer) line() string {
	GinkgoHelper()
	l, err := p.in.ReadString('\n')
	Expect(err).NotTo(HaveOccurred())
	Expect(l).To(HaveSuffix("\r\n"))
	return strings.TrimSuffix(l, "\r\n")
}

func (p *peer) ask(command string) string {
	GinkgoHelper()
	p.say(command + "\r\n")
	return p.line()
}

// multi returns the status line and the octets up to the closing dot as they
// came, stuffed.
func (p *peer) multi(command string) (status string, wire string) {
	GinkgoHelper()
	status = p.ask(command)
	Expect(status).To(HavePrefix("+OK"))
	var b bytes.Buffer
	for {
		l, err := p.in.ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		if l == ".\r\n" && (b.Len() == 0 || bytes.HasSuffix(b.Bytes(), []byte("\r\n"))) {
			return status, b.String()
		}
		b.WriteString(l)
	}
}

// rest reads until the server closes.
func (p *peer) rest() string {
	GinkgoHelper()
	b, err := io.ReadAll(p.in)
	Expect(err).NotTo(HaveOccurred())
	return string(b)
}

// wait returns when the server has noticed that all clients are gone.
func wait(srv *fakeserver.Server) {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	Expect(srv.Wait(ctx)).To(Succeed())
}

// three messages a, b, c of 10, 22 and 10 octets.
func three() *fakeserver.Maildrop {
	return fakeserver.NewMaildrop(
		maildrop.Bytes("a", []byte("A: 1\r\n\r\n\r\n")),
		maildrop.Bytes("b", []byte("B: 1\r\nC: 2\r\n\r\nxx\r\nyy\r\n")),
		maildrop.Bytes("c", []byte("A: 3\r\n\r\n\r\n")))
}

func start(drop *fakeserver.Maildrop, o *fakeserver.Options) *fakeserver.Server {
	return fakeserver.Start(GinkgoTB(), drop, o)
}
