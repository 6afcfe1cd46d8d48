package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// patience is how long a process may take for anything before the test gives up: "features" runs
// all suites, and machines are busy.
const patience = 3 * time.Minute

// result is what a finished command left.
type result struct {
	status      int
	out, errOut string
}

// run runs pop3sim to its end.
func run(args ...string) result {
	GinkgoHelper()
	var out, errOut bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, binary, args...)
	c.Stdout, c.Stderr = &out, &errOut
	err := c.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		Expect(err).NotTo(HaveOccurred())
	}
	return result{c.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// process is a running pop3sim that serves, records or replays.
type process struct {
	address string // of its POP3 listener
	secure  string // of its listener with TLS, if there is one
	smtp    string // of its listener for SMTP, if there is one
	http    string // of its listener for HTTP, if there is one
	command *exec.Cmd
	lines   *bufio.Reader // its stdout
	errOut  safeBuffer
}

// start runs "pop3sim serve" on a free port and waits until it is ready. The end
// of the test kills it.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	return startAs(t, "serve", args...)
}

// startAs is start for another subcommand with the same flags.
func startAs(t testing.TB, subcommand string, args ...string) *process {
	t.Helper()
	return launch(t, exec.CommandContext(t.Context(), binary, append([]string{subcommand, "--pop3", "127.0.0.1:0", "--json"}, args...)...))
}

// launch starts a command that prints where it listens, and waits until it is ready. The
// end of the test kills it.
func launch(t testing.TB, c *exec.Cmd) *process {
	t.Helper()
	g := NewWithT(t)
	p := &process{command: c}
	p.command.Stderr = &p.errOut
	stdout, err := p.command.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(p.command.Start()).To(Succeed())
	t.Cleanup(func() {
		_ = p.command.Process.Kill() // it may have ended long ago
		_ = p.command.Wait()
	})
	p.lines = bufio.NewReader(stdout)
	line, err := p.lines.ReadString('\n')
	g.Expect(err).NotTo(HaveOccurred(), p.errOut.String())
	var ready struct{ POP3, POP3S, SMTP, HTTP string }
	g.Expect(json.Unmarshal([]byte(line), &ready)).To(Succeed(), line)
	p.address, p.secure, p.smtp, p.http = ready.POP3, ready.POP3S, ready.SMTP, ready.HTTP
	return p
}

// stop sends a signal and returns the exit status.
func (p *process) stop(s os.Signal) int {
	GinkgoHelper()
	Expect(p.command.Process.Signal(s)).To(Succeed())
	timer := time.AfterFunc(patience, func() { _ = p.command.Process.Kill() })
	defer timer.Stop()
	_ = p.command.Wait() // the status says it
	return p.command.ProcessState.ExitCode()
}

// safeBuffer is written by the goroutine that copies a process's stderr.
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

// dial opens a connection that a test cannot wait on for ever.
func dial(address string) net.Conn {
	GinkgoHelper()
	c, err := (&net.Dialer{Timeout: patience}).DialContext(context.Background(), "tcp", address)
	Expect(err).NotTo(HaveOccurred())
	Expect(c.SetDeadline(time.Now().Add(patience))).To(Succeed())
	return c
}

// session logs in, sends the commands at once, quits, and returns all lines that the
// server sent after the login.
func session(address, user, password string, commands ...string) []string {
	GinkgoHelper()
	c := dial(address)
	defer func() { Expect(c.Close()).To(Succeed()) }()
	all := append([]string{"USER " + user, "PASS " + password}, append(commands, "QUIT")...)
	_, err := c.Write([]byte(strings.Join(all, "\r\n") + "\r\n"))
	Expect(err).NotTo(HaveOccurred())
	var b bytes.Buffer
	_, err = b.ReadFrom(c)
	Expect(err).NotTo(HaveOccurred())
	lines := strings.Split(strings.TrimSuffix(b.String(), "\r\n"), "\r\n")
	Expect(len(lines)).To(BeNumerically(">=", 4), b.String())
	Expect(lines[2]).To(HavePrefix("+OK"), "login of %s", user)
	return lines[3:]
}
