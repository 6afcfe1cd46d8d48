//go:build !linux

package main_test

import . "github.com/onsi/ginkgo/v2"

// isMountable reports whether file systems can be mounted.
func isMountable() bool { return false }

// protect lets nobody write into dir.
func protect(dir string) {
	GinkgoHelper()
	chmod(dir)
}
