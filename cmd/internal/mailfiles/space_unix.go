//go:build !windows

package mailfiles

import "golang.org/x/sys/unix"

// Free returns how many octets and files a user can add to the file system of a directory. files is
// 0 when the file system does not count them.
func Free(dir string) (octets, files uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	//nolint:unconvert // the types differ from system to system
	return uint64(s.Bavail) * uint64(s.Bsize), uint64(s.Ffree), nil
}
