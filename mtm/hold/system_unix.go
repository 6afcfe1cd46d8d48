//go:build unix

package hold

import (
	"errors"

	"golang.org/x/sys/unix"
)

// noLocks reports whether the file system does not support locks. EINVAL comes from a kernel
// without locks of open files.
func noLocks(err error) bool {
	return errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) ||
		errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL)
}

func diskFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }
