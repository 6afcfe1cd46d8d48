package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mounted mounts an empty file system in memory on dir.
func mounted(t *testing.T, dir string) {
	t.Helper()
	needRoot(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("this machine does not let the test mount anything: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
}

func TestAMountPointIsRefusedBeforeAnythingIsBuilt(t *testing.T) {
	parent := t.TempDir()
	out := filepath.Join(parent, "dist")
	put(t, filepath.Join(out, "below"), "the mount")
	mounted(t, out)
	put(t, filepath.Join(out, sums), "earlier")
	err := staged(out, func(string, string) error { t.Error("it was built"); return nil })
	if err == nil || !strings.Contains(err.Error(), "mount point") {
		t.Errorf("the error is %v", err)
	}
	if left := names(t, parent); len(left) != 1 || content(t, filepath.Join(out, sums)) != "earlier" {
		t.Errorf("left: %v", left)
	}
}

func TestAReadOnlyDiskIsRefusedBeforeAnythingIsBuilt(t *testing.T) {
	parent := t.TempDir()
	mounted(t, parent)
	put(t, filepath.Join(parent, "dist", sums), "earlier")
	if err := syscall.Mount("", parent, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	err := staged(filepath.Join(parent, "dist"), func(string, string) error { t.Error("it was built"); return nil })
	if err == nil || !strings.Contains(err.Error(), "cannot write beside it") {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(filepath.Join(parent, "dist", sums)); err != nil {
		t.Error(err)
	}
}
