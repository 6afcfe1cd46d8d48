//go:build !windows

package child

import (
	"os"
	"runtime"
	"syscall"
)

// Spent is what all programs have cost that this process has started and waited for, with those that they
// started and waited for.
func Spent() Usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &r); err != nil {
		return Usage{}
	}
	return usageOf(&r)
}

// SpentBy is what one ended process has cost.
func SpentBy(p *os.ProcessState) Usage {
	if r, ok := p.SysUsage().(*syscall.Rusage); ok {
		return usageOf(r)
	}
	return Usage{}
}

func usageOf(r *syscall.Rusage) Usage {
	unit := int64(1024)
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" { // the others count KiB
		unit = 1
	}
	nanos := syscall.TimevalToNsec(r.Utime) + syscall.TimevalToNsec(r.Stime)
	return Usage{CPU: float64(nanos) / 1e9, Peak: int64(r.Maxrss) * unit} //nolint:unconvert // 32 bits wide on some systems
}

// Settle lets a trial begin with nothing left to write from the one before.
func Settle() { syscall.Sync() }
