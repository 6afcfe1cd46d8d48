package main_test

import (
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// isMountable reports whether file systems can be mounted.
func isMountable() bool {
	dir := GinkgoT().TempDir()
	if unix.Mount("none", dir, "tmpfs", 0, "size=64k") != nil {
		return false
	}
	return unix.Unmount(dir, unix.MNT_DETACH) == nil
}

// protect lets nobody write into dir: a mount does for root.
func protect(dir string) {
	GinkgoHelper()
	if os.Geteuid() != 0 {
		chmod(dir)
		return
	}
	Expect(unix.Mount(dir, dir, "", unix.MS_BIND, "")).To(Succeed())
	DeferCleanup(func() { Expect(unix.Unmount(dir, unix.MNT_DETACH)).To(Succeed()) })
	Expect(unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")).To(Succeed())
}
