//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the program the leader of a process group.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup ends the program and all of its group.
func endGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) } // an empty group is what is wanted

// signalOf names the signal that ended a process, or returns "". A shell passes on the
// signal of its last command as 128 and its number: those that a runtime or the system sends
// are taken for signals.
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
