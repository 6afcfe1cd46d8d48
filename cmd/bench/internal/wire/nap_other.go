//go:build !linux

package wire

import "time"

// nap waits for about d.
func nap(d time.Duration) { <-time.After(d) }
