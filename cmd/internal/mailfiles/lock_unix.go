//go:build !windows

package mailfiles

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFile locks a file as mail programs lock an mbox (fcntl). Closing it unlocks it.
func lockFile(f *os.File) error {
	return unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
}

// lockRecord locks a record against other exports. Closing it unlocks it.
func lockRecord(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
