package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// talk is a session of which a test sends one command after the other.
type talk struct {
	net.Conn
	lines *bufio.Reader
}

// loggedIn opens a session and logs in.
func loggedIn(address, user, password string) talk {
	GinkgoHelper()
	c := dial(address)
	t := talk{c, bufio.NewReader(c)}
	Expect(t.lines.ReadString('\n')).To(HavePrefix("+OK"))
	Expect(t.ask("USER " + user)).To(HavePrefix("+OK"))
	Expect(t.ask("PASS " + password)).To(HavePrefix("+OK"))
	return t
}

// ask returns the first line of the answer to a command.
func (t talk) ask(command string) string {
	GinkgoHelper()
	_, err := io.WriteString(t, command+"\r\n")
	Expect(err).NotTo(HaveOccurred())
	line, err := t.lines.ReadString('\n')
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSuffix(line, "\r\n")
}

var _ = Describe("Simulators as replicas", func() {
	It("serve any user with a number, each session with the whole mailbox", func() {
		p := start(GinkgoTB(), "--synthetic", "20,seed=7", "--user", "user{n}@x:secret", "--user", "ann:secret", "--quiet")
		for _, user := range []string{"user1@x", "user1@x", "user999999@x"} {
			got := session(p.address, user, "secret", "STAT", "DELE 1", "DELE 2")
			Expect(got[0]).To(Equal("+OK 20 163840"), user)
			Expect(got[3]).To(HavePrefix("+OK"), "QUIT of %s", user)
		}
		one, two := loggedIn(p.address, "user5@x", "secret"), loggedIn(p.address, "user5@x", "secret")
		Expect(one.ask("DELE 7")).To(HavePrefix("+OK"))
		Expect(two.ask("UIDL 7")).To(Equal("+OK 7 7-7"))
		Expect(one.ask("UIDL 7")).To(HavePrefix("-ERR"))

		By("refusing other names, and wrong passwords")
		for _, login := range []string{"user0@x secret", "user@x secret", "user01@x secret", "userA@x secret", "user1 secret", "user{n}@x secret", "user1@x no"} {
			c := dial(p.address)
			user, password, _ := strings.Cut(login, " ")
			_, err := fmt.Fprintf(c, "USER %s\r\nPASS %s\r\nQUIT\r\n", user, password)
			Expect(err).NotTo(HaveOccurred())
			all, err := io.ReadAll(c)
			Expect(err).NotTo(HaveOccurred())
			Expect(string(all)).To(MatchRegexp(`(?m)^-ERR \[AUTH\]`), login)
		}

		By("keeping what a user named in full deletes")
		session(p.address, "ann", "secret", "DELE 1")
		Expect(session(p.address, "ann", "secret", "STAT")[0]).To(Equal("+OK 19 155648"))
		Expect(p.stop(syscall.SIGTERM)).To(BeZero())
	})

	It("keep what a user deletes who was created over HTTP", func() {
		p := start(GinkgoTB(), "--synthetic", "20", "--user", "user{n}:secret", "--http", "127.0.0.1:0", "--quiet")
		status, text := p.ask("POST", "/api/v1/users", `{"name":"user3","password":"own"}`, "Content-Type", "application/json")
		Expect(status).To(Equal(201), text)
		status, text = p.ask("POST", "/api/v1/users/user3/messages", "A: b\r\n\r\nc\r\n", "Content-Type", "message/rfc822")
		Expect(status).To(Equal(201), text)
		Expect(session(p.address, "user3", "own", "STAT", "DELE 1")[0]).To(HavePrefix("+OK 1 "))
		Expect(session(p.address, "user3", "own", "STAT")[0]).To(HavePrefix("+OK 0 "))
		Expect(session(p.address, "user4", "secret", "STAT")[0]).To(HavePrefix("+OK 20 "))
	})

	It("drain at SIGTERM: not ready, no new clients, and open sessions to their end", func() {
		file := filepath.Join(GinkgoT().TempDir(), "ready.json")
		p := start(GinkgoTB(), "--drain", "10m", "--http", "127.0.0.1:0", "--ready-file", file, "--quiet")
		open := loggedIn(p.address, "demo", "demo")
		status, _ := p.ask("GET", "/readyz", "")
		Expect(status).To(Equal(200))
		Expect(p.command.Process.Signal(syscall.SIGTERM)).To(Succeed())
		Eventually(func() error { _, err := os.Stat(file); return err }).WithTimeout(patience).Should(MatchError(os.ErrNotExist))
		Eventually(func() int { status, _ = p.ask("GET", "/readyz", ""); return status }).WithTimeout(patience).Should(Equal(503))
		Eventually(func() error {
			c, err := net.Dial("tcp", p.address)
			if err == nil {
				_ = c.Close()
			}
			return err
		}).WithTimeout(patience).Should(HaveOccurred())
		Expect(open.ask("STAT")).To(HavePrefix("+OK 18 "))
		Expect(open.ask("DELE 1")).To(HavePrefix("+OK"))
		Expect(open.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(p.ended()).To(BeZero())
	})

	It("end sessions that outlast the drain, and at once with --drain 0", func() {
		for _, drain := range []string{"50ms", "0"} {
			p := start(GinkgoTB(), "--drain", drain, "--quiet")
			open := loggedIn(p.address, "demo", "demo")
			Expect(p.stop(syscall.SIGTERM)).To(BeZero())
			_, err := open.lines.ReadString('\n')
			Expect(err).To(HaveOccurred())
		}
	})

	DescribeTable("refuse what they cannot do", func(line, want string) {
		Expect(run(strings.Fields(line)...)).To(Equal(result{2, "", "pop3sim: " + want + "; see 'pop3sim serve --help'\n"}))
	},
		Entry(nil, "serve --drain -1s", "--drain takes 0 to 24h0m0s, not -1s"),
		Entry(nil, "serve --user a{n}{n}:b", "--user: a name has at most one {n}"),
		Entry(nil, "serve --token a{n}:b", "--token: only --user takes a name with {n}"),
		Entry(nil, "serve --user a{n}:b --scenario retr-drop", "--user with {n} needs mail that every session has for itself: give --synthetic beside --scenario"),
		Entry(nil, "serve --user a{n}:b --synthetic 9,arrive=1", "--user with {n}: mail that changes between sessions would differ from simulator to simulator; omit arrive, expire and shuffle"),
	)
})
