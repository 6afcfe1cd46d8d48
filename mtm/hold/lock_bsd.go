//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package hold

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// On these systems flock and fcntl see each other's locks. flock locks belong to the open file, and
// fcntl's F_GETLK asks about them without taking one.

// prepare prepares a file for locking.
func prepare(*os.File) error { return nil }

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("flock", err)
		}
	}
}

// tryLock locks f and reports whether it got the lock.
func tryLock(f *os.File) (bool, error) {
	err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

func unlock(f *os.File) error { return flock(f, unix.LOCK_UN) }

// isLocked reports whether somebody has locked the file, through another open file.
func isLocked(f *os.File) (bool, error) {
	l := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &l)
	return err == nil && l.Type != unix.F_UNLCK, os.NewSyscallError("fcntl", err)
}
