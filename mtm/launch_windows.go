package mtm

import (
	"os/exec"
	"syscall"
)

// detach protects the program from a Ctrl-C at the console.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
