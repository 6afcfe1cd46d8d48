//go:build !windows

package child

import (
	"os"
	"runtime"
	"syscall"
)

// Spent returns the usage of all child processes that have ended, with their own children.
func Spent() Usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &r); err != nil {
		return Usage{}
	}
	return usageOf(&r)
}

// SpentBy returns the usage of one process that has ended.
func SpentBy(p *os.ProcessState) Usage {
	if r, ok := p.SysUsage().(*syscall.Rusage); ok {
		return usageOf(r)
	}
	return Usage{}
}

func usageOf(r *syscall.Rusage) Usage {
	unit := int64(1024)
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" { // other systems count in KiB
		unit = 1
	}
	nanos := syscall.TimevalToNsec(r.Utime) + syscall.TimevalToNsec(r.Stime)
	return Usage{CPU: float64(nanos) / 1e9, Peak: int64(r.Maxrss) * unit} //nolint:unconvert // 32 bits wide on some systems
}
