package wire

import (
	"syscall"
	"time"
)

// nap sleeps for about d, or less when a signal arrives. Go's timers on an idle Linux process wait
// for whole milliseconds, which would double a round trip of one millisecond.
func nap(d time.Duration) {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&t, nil) // after an interruption the caller reads the clock
}
