//go:build unix

package control_test

import (
	"syscall"
	"time"
)

// processorTime returns what this process has used so far, with the work of the kernel for it.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
