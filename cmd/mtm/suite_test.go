package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"pop3mtm/internal/gobuild"
	"pop3mtm/internal/ramdisk"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// patience limits the wait for what must come: it is long, since machines are busy.
const patience = 2 * time.Minute

// binary is the path of the mtm that the specs run, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	ramdisk.Use()
	dir, err := os.MkdirTemp("", "mtm-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // what stays is the system's to clear
	binary = filepath.Join(dir, "mtm.exe")   // the ending that Windows needs does no harm elsewhere
	if err := gobuild.Programs(context.Background(), binary, "."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// Without it commands would take the store of whoever runs the tests.
	if err := os.Setenv("MTM_STORE", "mail.store"); err != nil {
		panic(err)
	}
	return m.Run()
}

func TestMTM(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "mtm")
}

// shell starts a shell for the account work. It returns the process, its input and its output.
func shell(u *user) (c *exec.Cmd, in io.WriteCloser, lines *bufio.Reader) {
	GinkgoHelper()
	c = u.command("shell", "work")
	in, err := c.StdinPipe()
	Expect(err).NotTo(HaveOccurred())
	out, err := c.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	c.Stderr = GinkgoWriter
	Expect(c.Start()).To(Succeed())
	return c, in, bufio.NewReader(out)
}
