//go:build unix

package mtm

import (
	"os/exec"
	"syscall"
)

// detach protects the program from a Ctrl-C at the terminal.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
