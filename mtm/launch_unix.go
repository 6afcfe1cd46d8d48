//go:build unix

package mtm

import (
	"os/exec"
	"syscall"
)

// detach keeps a Ctrl-C at our terminal from the program.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
