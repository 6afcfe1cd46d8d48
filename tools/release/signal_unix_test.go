//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asCommand names the environment variable that makes the test binary behave as the command: the
// test sends real signals.
const asCommand = "RELEASE_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// Ctrl-C in a terminal reaches the release and the compilers that it runs.
func TestCtrlCInTheMiddleOfARelease(t *testing.T) {
	parent, temp := t.TempDir(), t.TempDir()
	out := filepath.Join(parent, "dist")
	put(t, filepath.Join(out, sums), "earlier")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--out", out, "--targets", host().String())
	// An empty cache: there is something to compile when the signal comes.
	cmd.Env = append(os.Environ(), asCommand+"=1", "TMPDIR="+temp, "GOCACHE="+filepath.Join(temp, "cache"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	text, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(text); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "programs for") {
			waitFor(t, func() bool { // until the compilers are at work
				work, err := filepath.Glob(filepath.Join(parent, ".dist-*", "work", "go-build*", "b*"))
				return err == nil && len(work) > 0
			})
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // the status says it
	if status := cmd.ProcessState.ExitCode(); status != 1 || !strings.Contains(said.String(), "stopped by a signal") {
		t.Errorf("status %d: %s", status, said.String())
	}
	if left := names(t, parent); len(left) != 1 || content(t, filepath.Join(out, sums)) != "earlier" {
		t.Errorf("left: %v", left)
	}
	waitFor(t, func() bool { return syscall.Kill(-cmd.Process.Pid, 0) != nil }) // no process of the group is left
	if left := names(t, temp); len(left) != 1 || left[0] != "cache" {
		t.Errorf("left by compilers: %v", left)
	}
}

// waitFor waits until something is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(5 * time.Minute); !so(); <-look.C {
		if time.Now().After(end) {
			t.Fatal("it has not come")
		}
	}
}
