//go:build unix

package account

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// family is a command with all processes that it starts: a process group. The group has the
// terminal while it runs, if this process has it, since the command may ask for a passphrase.
type family struct {
	group int
	tty   *os.File // nil when there is no terminal to give
}

func newFamily(command *exec.Cmd) *family {
	f := &family{}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return f
	}
	if now, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP); err != nil || now != unix.Getpgrp() {
		_ = tty.Close() // this process runs in the background
		return f
	}
	f.tty = tty
	command.SysProcAttr.Foreground, command.SysProcAttr.Ctty = true, int(tty.Fd())
	return f
}

// started adds the command.
func (f *family) started(command *exec.Cmd) { f.group = command.Process.Pid }

// kill ends all processes of the group.
func (f *family) kill() error {
	if f.group == 0 {
		return nil
	}
	if err := unix.Kill(-f.group, unix.SIGKILL); !errors.Is(err, unix.ESRCH) && !errors.Is(err, unix.EPERM) {
		return err
	}
	return nil // no process is left, or none that may be ended
}

// end ends what the command left running, and takes the terminal back.
func (f *family) end() error {
	err := f.kill()
	if f.tty == nil {
		return err
	}
	// A process that takes the terminal from the background is stopped by this signal.
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	e := unix.IoctlSetPointerInt(int(f.tty.Fd()), unix.TIOCSPGRP, unix.Getpgrp())
	return errors.Join(err, e, f.tty.Close())
}
