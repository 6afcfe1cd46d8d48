package hold

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// On Windows only the file handle that locked an octet can read it: trying to read it shows whether
// there is a lock, without taking one.

// prepare writes the octet that is locked.
func prepare(f *os.File) error {
	info, err := f.Stat()
	if err == nil && info.Size() == 0 {
		_, err = f.WriteAt([]byte{' '}, 0)
	}
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return nil // another client was faster, and has locked it
	}
	return err
}

// tryLock locks f and reports whether it got the lock.
func tryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, os.NewSyscallError("LockFileEx", err)
}

func unlock(f *os.File) error {
	err := windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, new(windows.Overlapped))
	return os.NewSyscallError("UnlockFileEx", err)
}

// isLocked reports whether somebody has locked the file, through another open file.
func isLocked(f *os.File) (bool, error) {
	_, err := f.ReadAt(make([]byte, 1), 0)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return true, nil
	}
	if errors.Is(err, io.EOF) {
		err = nil // the file is new
	}
	return false, err
}

func noLocks(err error) bool {
	return errors.Is(err, windows.ERROR_INVALID_FUNCTION) || errors.Is(err, windows.ERROR_NOT_SUPPORTED)
}

func diskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

func processStart() (time.Time, error) {
	var created, exited, kernel, user windows.Filetime
	err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user)
	return time.Unix(0, created.Nanoseconds()), err
}
