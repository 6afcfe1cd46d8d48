package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"pop3mtm/internal/gobuild"
	"pop3mtm/internal/ramdisk"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// program is the bench as a user runs it, built once: it starts itself again for
// server, client and trial.
var program string

// programs builds mtm and pop3sim once, and returns their folder.
var programs = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(filepath.Dir(program), "programs")
	return dir, gobuild.Programs(context.Background(), dir+"/", "../mtm", "../pop3sim")
})

func TestMain(m *testing.M) {
	os.Exit(withProgram(m.Run))
}

func withProgram(run func() int) int {
	ramdisk.Use()
	dir, err := os.MkdirTemp("", "bench-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "bench.exe")
	if err := gobuild.Programs(context.Background(), program, "."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

func TestBench(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "bench")
}

type outcome struct {
	status      int
	out, errOut string
}

// bench runs the program to its end.
func bench(args ...string) outcome { return benchIn("", args...) }

// benchIn runs the program in a folder, "" for this one.
func benchIn(dir string, args ...string) outcome { return runIn(dir, program, args...) }

// runIn runs a build of the bench in a folder, to its end.
func runIn(dir, bench string, args ...string) outcome {
	var out, errOut bytes.Buffer
	cmd := exec.Command(bench, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		Fail(err.Error())
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// retrieveSmall runs a benchmark of 200 messages with its files below dir.
func retrieveSmall(dir string, more ...string) outcome {
	return bench(append([]string{"retrieve", "--messages", "200", "--size", "2KiB", "--runs", "2", "--dir", dir}, more...)...)
}

var _ = Describe("Every mode of the bench", func() {
	It("has an example in the help, and a row in the table of docs/bench.md", func() {
		page, err := os.ReadFile("../../docs/bench.md")
		Expect(err).NotTo(HaveOccurred())
		for _, m := range modes() {
			Expect(string(page)).To(ContainSubstring("\n| `bench " + m.Command.Name() + "` |"))
			Expect(newRoot().Example).To(ContainSubstring("\n  bench " + m.Command.Name()))
		}
	})
})
