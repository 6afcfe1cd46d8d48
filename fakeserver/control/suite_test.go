package control_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/control"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// patience limits the wait for what must come: it is long, since machines are busy.
const patience = 2 * time.Minute

func TestControl(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "control API")
}

// simulator is a server with the API in front of it.
type simulator struct {
	server  *fakeserver.Server
	service *control.Service
	url     string
}

// started starts a simulator for the duration of a test.
func started(t testing.TB, o *control.Options) *simulator {
	server := fakeserver.Start(t, fakeserver.NewMaildrop(), &fakeserver.Options{Timed: true})
	service := control.New(server, o)
	service.SetAddresses(control.Addresses{POP3: server.Addr()})
	front := httptest.NewServer(service.Handler())
	t.Cleanup(front.Close)
	t.Cleanup(func() { _ = service.Close() }) // it closes ports
	return &simulator{server, service, front.URL}
}

// reply is what the API answered.
type reply struct {
	Status int
	Type   string
	Body   string
}

// into decodes the body.
func (r reply) into(to any) {
	GinkgoHelper()
	Expect(json.Unmarshal([]byte(r.Body), to)).To(Succeed(), r.Body)
}

// call sends a request. A body is JSON unless the headers, in pairs, say otherwise.
func (s *simulator) call(method, path, body string, headers ...string) reply {
	GinkgoHelper()
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	Expect(err).NotTo(HaveOccurred())
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	answer, err := http.DefaultClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	Expect(err).NotTo(HaveOccurred())
	return reply{answer.StatusCode, answer.Header.Get("Content-Type"), string(text)}
}

// ann creates the user ann, with the password secret.
func (s *simulator) ann() string {
	GinkgoHelper()
	Expect(s.call("POST", "/api/v1/users", `{"name":"ann","password":"secret"}`).Status).To(Equal(201))
	return "/api/v1/users/ann"
}

// client is a client of POP3 that says one line after the other.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

func (s *simulator) connect() *client {
	GinkgoHelper()
	conn, err := net.Dial("tcp", s.server.Addr())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = conn.Close() }) // it may have ended
	c := &client{conn, bufio.NewReader(conn)}
	c.line()
	return c
}

// login is a client that has logged in as ann.
func (s *simulator) login() *client {
	GinkgoHelper()
	c := s.connect()
	Expect(c.say("USER ann")).To(HavePrefix("+OK"))
	Expect(c.say("PASS secret")).To(HavePrefix("+OK"))
	return c
}

// dialled is like login, outside of a spec.
func (s *simulator) dialled(t testing.TB) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // it may have ended
	c := &client{conn, bufio.NewReader(conn)}
	c.line()
	c.say("USER ann")
	c.say("PASS secret")
	return c
}

func (c *client) line() string {
	text, err := c.in.ReadString('\n')
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return strings.TrimRight(text, "\r\n")
}

// say sends a command and returns the first line of the answer.
func (c *client) say(command string) string {
	_, _ = fmt.Fprintf(c.conn, "%s\r\n", command)
	return c.line()
}

// rest returns the lines up to the closing dot.
func (c *client) rest() (lines []string) {
	for {
		l := c.line()
		if l == "." || strings.HasPrefix(l, "(") {
			return lines
		}
		lines = append(lines, l)
	}
}

// quit says QUIT and waits for the end.
func (c *client) quit() {
	c.say("QUIT")
	_, _ = io.Copy(io.Discard, c.conn)
	_ = c.conn.Close()
}

func addresses() control.Addresses { return control.Addresses{POP3: "127.0.0.1:1110"} }

func newReader(conn net.Conn) *bufio.Reader { return bufio.NewReader(conn) }
