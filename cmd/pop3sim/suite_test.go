package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"pop3mtm/internal/gobuild"
	"pop3mtm/internal/ramdisk"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// binary is the command under test, built once for all tests of the package.
var binary string

func TestMain(m *testing.M) {
	os.Exit(withBinary(m.Run))
}

func withBinary(run func() int) int {
	ramdisk.Use()
	dir, err := os.MkdirTemp("", "pop3sim-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder that stays is no failure
	binary = filepath.Join(dir, "pop3sim")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if err := gobuild.Programs(context.Background(), binary, "."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

func TestPOP3Sim(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "pop3sim")
}
