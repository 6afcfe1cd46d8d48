//go:build !windows

package main_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// manySessions is how many sessions are open at once in the test of load.
const manySessions = 10_000

// Ten thousand clients log in to a server process with the API beside it and stay, then fetch a
// message; then all of them quit. What the server ever had in use is taken from the kernel. 'go
// test ./cmd/pop3sim -run TenThousandSessions -v' shows the figures of docs/reliability.md.
func TestTenThousandSessionsAtOnceTakeLittleMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak of a process's memory is read from /proc")
	}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Max < manySessions+100 {
		t.Skipf("a process may open %d files, and the test needs %d", files.Max, manySessions+100)
	}
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "shared.yaml")
	g.Expect(os.WriteFile(path, []byte("title: shared\nserver: {shared: true}\nmailbox: [{file: plain.eml, count: 3, uidl: a}]\n"), 0o600)).To(Succeed())
	p := start(t, "--quiet", "--http", "127.0.0.1:0", "--scenario", path)
	begin := time.Now()
	conns := make([]net.Conn, manySessions)
	inParallel(t, func(i int) error {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.address)
		if err != nil {
			return err
		}
		conns[i] = c
		return converse(c, "USER demo\r\nPASS demo\r\nSTAT\r\n", "+OK 3 ", "\r\n")
	})
	opened := time.Since(begin)
	idle := peakMemory(t, p.command.Process.Pid)
	t.Logf("memory for each idle session: %.1f KiB", float64(idle)/1024/manySessions)
	g.Expect(idle).To(BeNumerically("<", 256<<20))
	inParallel(t, func(i int) error { return converse(conns[i], "RETR 1\r\n", "+OK ", "\r\n.\r\n") })
	begin = time.Now()
	inParallel(t, func(i int) error {
		return errors.Join(converse(conns[i], "QUIT\r\n", "+OK bye\r\n", ""), conns[i].Close())
	})
	t.Logf("%d sessions: opened in %.1fs, ended in %.1fs", manySessions, opened.Seconds(), time.Since(begin).Seconds())
	peak := peakMemory(t, p.command.Process.Pid)
	t.Logf("memory for each session: %.1f KiB", float64(peak)/1024/manySessions)
	g.Expect(peak).To(BeNumerically("<", 256<<20))
}

// inParallel calls do for each session, 100 at a time.
func inParallel(t *testing.T, do func(i int) error) {
	t.Helper()
	var wait sync.WaitGroup
	for part := range 100 {
		wait.Go(func() {
			for i := part; i < manySessions; i += 100 {
				if err := do(i); err != nil {
					t.Errorf("session %d: %v", i, err)
					return
				}
			}
		})
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// converse sends commands, and reads until what came has one text and ends with the other.
func converse(c net.Conn, commands, has, ends string) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, commands); err != nil {
		return err
	}
	var said []byte
	for buf := make([]byte, 4<<10); ; {
		n, err := c.Read(buf)
		said = append(said, buf[:n]...)
		if text := string(said); strings.Contains(text, has) && strings.HasSuffix(text, ends) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w after %q", err, said)
		}
	}
}

// The simulator runs out of file descriptors while clients come; those that it has go on, and the
// others are served when descriptors are free again.
func TestRunningOutOfFileDescriptorsEndsNothing(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-c", `ulimit -n 30; exec "$0" serve --pop3 127.0.0.1:0 --json --quiet --scenario auth-any-password`, binary)
	errOut := &safeBuffer{}
	command.Stderr = errOut
	stdout, err := command.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(command.Start()).To(Succeed())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	g.Expect(err).NotTo(HaveOccurred(), errOut.String())
	_, rest, _ := strings.Cut(line, `"pop3":"`)
	address, _, _ := strings.Cut(rest, `"`)

	var conns []net.Conn
	for range 60 { // the backlog of the listener takes those that are not accepted
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		g.Expect(err).NotTo(HaveOccurred())
		conns = append(conns, c)
	}
	g.Expect(converse(conns[0], "USER demo\r\n", "+OK", "\r\n")).To(Succeed())
	g.Eventually(errOut.String).WithTimeout(patience).Should(ContainSubstring("cannot accept connections, trying again"))
	for _, c := range conns[:59] {
		g.Expect(c.Close()).To(Succeed())
	}
	last := conns[59]
	g.Expect(last.SetDeadline(time.Now().Add(patience))).To(Succeed())
	g.Expect(converse(last, "USER demo\r\nPASS x\r\nQUIT\r\n", "+OK bye\r\n", "")).To(Succeed())
	g.Expect(last.Close()).To(Succeed())
	g.Expect(command.Process.Signal(syscall.SIGTERM)).To(Succeed())
	g.Expect(command.Wait()).To(Succeed())
}
