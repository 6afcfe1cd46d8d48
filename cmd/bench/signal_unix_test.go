//go:build !windows

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// patience limits the wait for what must come: it is long, since machines are busy.
const patience = 2 * time.Minute

// A terminal sends Ctrl-C to the whole process group, a service manager's signal
// goes to the bench alone.
func TestASignalLeavesNoProcessAndNoFile(t *testing.T) {
	for name, whole := range map[string]bool{"to all processes": true, "to the bench alone": false} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			dir := t.TempDir()
			var said bytes.Buffer
			cmd := exec.Command(program, "retrieve", "--messages", "300000", "--dir", dir)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			cmd.Stdout, cmd.Stderr = &said, &said
			g.Expect(cmd.Start()).To(Succeed())
			// The bodies folder has a segment once the client is at work.
			g.Eventually(func() ([]string, error) {
				return filepath.Glob(filepath.Join(dir, "bench-*", "001-mtm", "mail.store", "bodies", "*"))
			}, patience, 10*time.Millisecond).ShouldNot(BeEmpty())
			to := cmd.Process.Pid
			if whole {
				to = -to
			}
			g.Expect(syscall.Kill(to, syscall.SIGINT)).To(Succeed())
			g.Expect(cmd.Wait()).To(MatchError("exit status 1"))
			g.Expect(said.String()).To(Equal("bench: stopped by a signal\n"))
			g.Expect(os.ReadDir(dir)).To(BeEmpty())
			// What has ended may have to be collected by the system's first process.
			g.Eventually(func() error { return syscall.Kill(-cmd.Process.Pid, 0) }, patience).Should(MatchError(syscall.ESRCH), "a process of the group is left")
		})
	}
}

func TestASignalShowsWhatWasMeasuredUntilThen(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	var out, errOut bytes.Buffer
	cmd := exec.Command(program, "retrieve", "--messages", "20", "--runs", "1000", "--dir", dir)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	g.Expect(cmd.Start()).To(Succeed())
	g.Eventually(func() ([]string, error) {
		return filepath.Glob(filepath.Join(dir, "bench-*", "[0-9]*[3-9]-mtm")) // each is there for some ten milliseconds
	}, patience, time.Millisecond).ShouldNot(BeEmpty())
	g.Expect(cmd.Process.Signal(syscall.SIGINT)).To(Succeed())
	g.Expect(cmd.Wait()).To(MatchError("exit status 1"))
	g.Expect(errOut.String()).To(Equal("bench: stopped by a signal\n"))
	g.Expect(out.String()).To(MatchRegexp(`^Incomplete: stopped by a signal after [0-9]+ of 1,000 trials.\n`))
	g.Expect(out.String()).To(MatchRegexp(`(?m)^mtm( +[0-9,.]+){6}`))
	g.Expect(os.ReadDir(dir)).To(BeEmpty())
}
