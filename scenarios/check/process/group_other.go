//go:build !unix

package process

import (
	"os"
	"os/exec"
)

// Without process groups only the program is ended, not the processes that it started.

func ownGroup(*exec.Cmd) {}

func endGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill() // it may have ended
	}
}

func signalOf(*os.ProcessState) string { return "" }
