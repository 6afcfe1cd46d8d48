package record_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/record"
	"pop3mtm/fixtures"
)

func TestRecord(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "record")
}

// patience limits the wait for what must come: it is long, since machines are busy.
const patience = 2 * time.Minute

// safeBuffer is a transcript that is being written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func listen() net.Listener {
	GinkgoHelper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	return l
}

// recorder is a proxy in front of a server.
type recorder struct {
	proxy      *record.Proxy
	transcript safeBuffer
	addr, tls  string
}

// recordFrom starts a proxy in front of a server.
func recordFrom(addr string, o record.ProxyOptions) *recorder {
	GinkgoHelper()
	r := &recorder{}
	o.Dial = func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", addr) }
	r.proxy = record.NewProxy(&r.transcript, &o)
	plain, secure := listen(), listen()
	r.addr, r.tls = plain.Addr().String(), secure.Addr().String()
	for l, serve := range map[net.Listener]func(net.Listener) error{plain: r.proxy.Serve, secure: r.proxy.ServeTLS} {
		served := make(chan error, 1)
		go func() { served <- serve(l) }()
		DeferCleanup(func() {
			Expect(r.proxy.Close()).To(Succeed())
			Expect(<-served).To(MatchError(record.ErrClosed))
		})
	}
	return r
}

// end waits for the sessions to end, stops the proxy and reads what it wrote.
func (r *recorder) end() *record.Recording {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	Expect(r.proxy.Shutdown(ctx)).To(Succeed())
	return read(r.transcript.String())
}

func read(transcript string) *record.Recording {
	GinkgoHelper()
	recording, err := record.Read(strings.NewReader(transcript), int64(len(transcript)))
	Expect(err).NotTo(HaveOccurred(), transcript)
	return recording
}

// replay serves a recording.
func replay(recording *record.Recording, o record.ReplayOptions) (*record.Replay, string) {
	GinkgoHelper()
	p := recording.Replay(&o)
	l := listen()
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	DeferCleanup(func() {
		Expect(p.Close()).To(Succeed())
		Expect(<-served).To(MatchError(fakeserver.ErrClosed))
	})
	return p, l.Addr().String()
}

// client is one that is in no hurry.
type client struct {
	net.Conn
	in *bufio.Reader
}

func dial(addr string) *client {
	GinkgoHelper()
	c, err := (&net.Dialer{Timeout: patience}).DialContext(context.Background(), "tcp", addr)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { c.Close() }) // it may be closed already
	Expect(c.SetDeadline(time.Now().Add(patience))).To(Succeed())
	return &client{c, bufio.NewReader(c)}
}

// secure begins TLS with one who shows the certificate of ca.
func (c *client) secure(ca *fixtures.CA) *client {
	GinkgoHelper()
	Expect(c.in.Buffered()).To(BeZero())
	t := tls.Client(c.Conn, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12})
	Expect(t.HandshakeContext(context.Background())).To(Succeed())
	return &client{t, bufio.NewReader(t)}
}

// says sends lines at once.
func (c *client) says(lines ...string) {
	GinkgoHelper()
	_, err := io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n")
	Expect(err).NotTo(HaveOccurred())
}

// line returns the next line of the server without its end.
func (c *client) line() string {
	GinkgoHelper()
	l, err := c.in.ReadString('\n')
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSuffix(l, "\r\n")
}

// ask sends a command and gives the first line of the reply.
func (c *client) ask(command string) string {
	GinkgoHelper()
	c.says(command)
	return c.line()
}

// list sends a command and gives the lines of its long reply.
func (c *client) list(command string) []string {
	GinkgoHelper()
	all := []string{c.ask(command)}
	for all[len(all)-1] != "." {
		all = append(all, c.line())
	}
	return all
}

// rest reads to the end, however the server makes it.
func (c *client) rest() string {
	all, _ := io.ReadAll(c.in)
	c.Close() // a server waits for that
	return string(all)
}

// everything are commands that get all of a mailbox, and how to log in.
func everything(messages int) []string {
	all := []string{"CAPA", "USER demo", "PASS demo", "STAT", "LIST", "UIDL", "LIST 1", "NONSENSE", "RETR 99999"}
	for n := range messages {
		all = append(all, "RETR "+strconv.Itoa(n+1), "TOP "+strconv.Itoa(n+1)+" 1")
	}
	return append(all, "DELE 1", "LIST", "RSET", "QUIT")
}

// converse sends commands at once, or in pieces of this size, and returns the server's output.
func converse(addr string, commands []string, atOnce int) string {
	GinkgoHelper()
	c := dial(addr)
	sent := make(chan error, 1)
	go func() {
		var err error
		for part := range slices.Chunk(commands, atOnce) {
			_, one := io.WriteString(c, strings.Join(part, "\r\n")+"\r\n")
			err = errors.Join(err, one)
		}
		sent <- err
	}()
	all := c.rest()
	Expect(<-sent).To(Succeed())
	return all
}
