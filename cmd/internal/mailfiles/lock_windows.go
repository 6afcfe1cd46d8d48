package mailfiles

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile does nothing: Windows programs lock an mbox with the file beside it.
func lockFile(*os.File) error { return nil }

// lockRecord locks a record against other exports. It locks one octet far behind the end, so that
// the record can be read. Closing the file unlocks it.
func lockRecord(f *os.File) error {
	behind := windows.Overlapped{OffsetHigh: 1 << 30}
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &behind)
}
