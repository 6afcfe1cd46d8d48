package wire

import (
	"syscall"
	"time"
)

// nap waits for about d, or less when a signal comes. Go's timers wait in whole milliseconds on
// Linux while nothing else happens, which would double a round trip of one.
func nap(d time.Duration) {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&t, nil) // interrupted: the caller looks at the clock
}
