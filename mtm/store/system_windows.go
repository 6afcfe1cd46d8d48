package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockRange returns a range far after any content. Locks on Windows are mandatory, and a lock must
// not keep readers from the content.
func lockRange() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 0x7fffffff} }

// noWait is for systems on which opening a file may block.
const noWait = 0

// tryLock tries to take an exclusive lock on f, and reports whether it did.
func tryLock(f *os.File) (bool, error) {
	return tryLockFile(f, windows.LOCKFILE_EXCLUSIVE_LOCK)
}

// tryLockShared tries to take a shared lock on f, and reports whether it did.
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

// lockShared takes a shared lock on f. It blocks only while a reclaim removes the file.
func lockShared(f *os.File) error {
	if err := windows.LockFileEx(windows.Handle(f.Fd()), 0, 0, 1, 0, lockRange()); err != nil {
		return &os.PathError{Op: "lock", Path: f.Name(), Err: err}
	}
	return nil
}

// isDiskFull reports whether err means that the volume is full.
func isDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// isReadOnly reports whether err means that the user may not write.
func isReadOnly(err error) bool {
	return errors.Is(err, windows.ERROR_WRITE_PROTECT) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// syncDir does nothing, since NTFS keeps a journal of names.
func syncDir(string) error { return nil }

// freeSpace returns the octets that the user may still write.
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

// writable does nothing, since the system's own errors say why a file cannot be written.
func writable(string) error { return nil }
