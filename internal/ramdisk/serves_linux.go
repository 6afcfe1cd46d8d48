package ramdisk

import "golang.org/x/sys/unix"

// serves reports whether files below dir are in memory and may be executed, and that many octets
// are free in it.
func serves(dir string, free uint64) bool {
	var f unix.Statfs_t
	return unix.Statfs(dir, &f) == nil && f.Type == unix.TMPFS_MAGIC && f.Flags&(unix.ST_NOEXEC|unix.ST_RDONLY) == 0 &&
		f.Bavail*uint64(f.Bsize) >= free && unix.Access(dir, unix.W_OK|unix.X_OK) == nil
}
