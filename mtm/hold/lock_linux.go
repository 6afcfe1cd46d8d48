package hold

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Linux has locks of open files that can be queried: F_OFD_GETLK reports a lock without taking one.
// They also work over NFS, and end when the last process that has the file open ends.

func firstOctet(kind int16) *unix.Flock_t {
	return &unix.Flock_t{Type: kind, Whence: io.SeekStart, Start: 0, Len: 1}
}

func fcntl(f *os.File, command int, l *unix.Flock_t) error {
	for {
		if err := unix.FcntlFlock(f.Fd(), command, l); !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fcntl", err)
		}
	}
}

// prepare prepares a file for locking.
func prepare(*os.File) error { return nil }

// tryLock locks f and reports whether it got the lock.
func tryLock(f *os.File) (bool, error) {
	err := fcntl(f, unix.F_OFD_SETLK, firstOctet(unix.F_WRLCK))
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	return err == nil, err
}

func unlock(f *os.File) error { return fcntl(f, unix.F_OFD_SETLK, firstOctet(unix.F_UNLCK)) }

// isLocked reports whether somebody has locked the file, through another open file.
func isLocked(f *os.File) (bool, error) {
	l := firstOctet(unix.F_WRLCK)
	err := fcntl(f, unix.F_OFD_GETLK, l)
	return err == nil && l.Type != unix.F_UNLCK, err
}
