//go:build !linux

package wire

import "time"

// nap sleeps for about d.
func nap(d time.Duration) { <-time.After(d) }
