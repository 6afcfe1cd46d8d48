//go:build !windows

package main

import "golang.org/x/sys/unix"

// freeSpace is how many octets the disk of a folder has left for us; false when the system does not tell.
func freeSpace(dir string) (int64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // types differ between systems
}
