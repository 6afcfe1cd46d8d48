//go:build unix

package budget

import (
	"syscall"
	"time"
)

// Processor returns the processor time that this process has used so far, with that of the kernel
// on its behalf; 0 when the system does not say.
func Processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
