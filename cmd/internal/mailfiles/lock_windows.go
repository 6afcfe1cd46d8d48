package mailfiles

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile does nothing: programs of this system lock an mbox by the file beside it.
func lockFile(*os.File) error { return nil }

// lockRecord locks a record against other exports: an octet far behind its end, so that it can be
// read. Closing it unlocks it.
func lockRecord(f *os.File) error {
	behind := windows.Overlapped{OffsetHigh: 1 << 30}
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &behind)
}
