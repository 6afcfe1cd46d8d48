//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the program the leader of a new process group.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup kills the program and all of its group.
func endGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) } // the group may be empty already

// signalOf returns the name of the signal that ended a process, or "". A shell reports the signal
// of its last command as exit status 128 and its number; this counts for signals that a runtime or
// the system sends.
func signalOf(s *os.ProcessState) string {
	status, ok := s.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return status.Signal().String()
	}
	switch sig := syscall.Signal(s.ExitCode() - 128); sig {
	case syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGSYS:
		return sig.String()
	}
	return ""
}
