package cli_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// asChild names the environment variable that makes the test binary behave as a command: the test
// sends real signals, which must not hit the test process itself.
const asChild = "CLI_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(asChild) {
	case "polite", "deaf":
		os.Exit(cli.Run(waiting(), nil, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// waiting returns a command that runs until a signal; a deaf one does not end then either.
func waiting() *cobra.Command {
	return &cobra.Command{Use: "demo", RunE: func(cmd *cobra.Command, _ []string) error {
		fmt.Println("waiting")
		<-cmd.Context().Done()
		fmt.Println("asked to stop")
		if os.Getenv(asChild) == "deaf" {
			select {}
		}
		return fmt.Errorf("wait: %w", cmd.Context().Err())
	}}
}

func startChild(t *testing.T, kind string) (*exec.Cmd, *bufio.Reader, *strings.Builder) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals between processes")
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), asChild+"="+kind)
	var errOut strings.Builder
	child.Stderr = &errOut
	out, err := child.StdoutPipe()
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(child.Start()).To(Succeed())
	lines := bufio.NewReader(out)
	g.Expect(lines.ReadString('\n')).To(Equal("waiting\n"))
	return child, lines, &errOut
}

func TestASignalEndsTheContextAndIsNamedInOneLine(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		g := NewWithT(t)
		child, lines, errOut := startChild(t, "polite")
		g.Expect(child.Process.Signal(s)).To(Succeed())
		g.Expect(lines.ReadString('\n')).To(Equal("asked to stop\n"))
		exit, failed := errors.AsType[*exec.ExitError](child.Wait())
		g.Expect(failed).To(BeTrue())
		g.Expect(exit.ExitCode()).To(Equal(1))
		g.Expect(errOut.String()).To(Equal("demo: stopped by a signal\n"))
	}
}

func TestASecondSignalKills(t *testing.T) {
	g := NewWithT(t)
	// A shell lets programs in the background ignore the signal, and theirs inherit that.
	heeded := make(chan os.Signal, 1)
	signal.Notify(heeded, os.Interrupt)
	defer signal.Stop(heeded)
	child, lines, _ := startChild(t, "deaf")
	g.Expect(child.Process.Signal(os.Interrupt)).To(Succeed())
	g.Expect(lines.ReadString('\n')).To(Equal("asked to stop\n"))
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	// The default action comes back a moment after the context ends, so one more signal may be
	// swallowed by then.
	g.Eventually(func() bool {
		_ = child.Process.Signal(os.Interrupt) // the process may have gone already
		return len(ended) > 0
	}).WithTimeout(time.Minute).Should(BeTrue())
	exit, failed := errors.AsType[*exec.ExitError](<-ended)
	g.Expect(failed).To(BeTrue())
	g.Expect(exit.ExitCode()).To(Equal(-1), "killed by the signal")
}
