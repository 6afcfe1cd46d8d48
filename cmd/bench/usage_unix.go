//go:build !windows

package main

import (
	"os"
	"runtime"
	"syscall"
)

// childUsage is what all programs have cost that this process has started and waited for, with those that they
// started and waited for.
func childUsage() usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &r); err != nil {
		return usage{}
	}
	return usageOf(&r)
}

// processUsage is what one ended process has cost.
func processUsage(p *os.ProcessState) usage {
	if r, ok := p.SysUsage().(*syscall.Rusage); ok {
		return usageOf(r)
	}
	return usage{}
}

func usageOf(r *syscall.Rusage) usage {
	unit := int64(1024)
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" { // the others count KiB
		unit = 1
	}
	nanos := syscall.TimevalToNsec(r.Utime) + syscall.TimevalToNsec(r.Stime)
	return usage{CPU: float64(nanos) / 1e9, Peak: int64(r.Maxrss) * unit} //nolint:unconvert // 32 bits wide on some systems
}

// settle lets a trial begin with nothing left to write from the one before.
func settle() { syscall.Sync() }
