//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// onlyOurs reports whether a directory belongs to the user and nobody else can use it.
func onlyOurs(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}
