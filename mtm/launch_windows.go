package mtm

import (
	"os/exec"
	"syscall"
)

// detach keeps a Ctrl-C at our console from the program.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
