package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockRange is far behind any content: locks on Windows are mandatory, and
// readers must be able to read what is locked.
func lockRange() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 0x7fffffff} }

// noWait is for systems on which opening a file may block.
const noWait = 0

// tryLock takes an exclusive lock on f and reports whether it got it.
func tryLock(f *os.File) (bool, error) {
	return tryLockFile(f, windows.LOCKFILE_EXCLUSIVE_LOCK)
}

// tryLockShared takes a shared lock on f and reports whether it got it.
func tryLockShared(f *os.File) (bool, error) { return tryLockFile(f, 0) }

func tryLockFile(f *os.File, how uint32) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), how|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, lockRange())
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION):
		return false, nil
	}
	return false, &os.PathError{Op: "lock", Path: f.Name(), Err: err}
}

// lockShared takes a shared lock on f. It waits only while a reclaim removes
// the file.
func lockShared(f *os.File) error {
	if err := windows.LockFileEx(windows.Handle(f.Fd()), 0, 0, 1, 0, lockRange()); err != nil {
		return &os.PathError{Op: "lock", Path: f.Name(), Err: err}
	}
	return nil
}

// isDiskFull reports whether the system said that the volume is full.
func isDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// isReadOnly reports whether the system said that the user may not write there.
func isReadOnly(err error) bool {
	return errors.Is(err, windows.ERROR_WRITE_PROTECT) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// syncDir has nothing to do: NTFS journals names itself.
func syncDir(string) error { return nil }

// freeSpace gives the octets the user may still write.
func freeSpace(dir string) (int64, error) {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(p, &free, nil, nil); err != nil {
		return 0, &os.PathError{Op: "free space", Path: dir, Err: err}
	}
	return int64(min(free, 1<<62)), nil
}

// writable is not asked here: the system's own errors say it.
func writable(string) error { return nil }
