//go:build unix

package fakeserver

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// canTry reports whether tryRead works on this system.
const canTry = true

// tryRead reads from a file descriptor that does not block. It returns errNothingYet when it would
// have to wait.
func tryRead(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), p)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return 0, errNothingYet
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
