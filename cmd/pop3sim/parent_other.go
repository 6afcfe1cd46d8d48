//go:build !windows

package main

import (
	"context"
	"os"
	"time"
)

// parentLook is the time between two checks of the parent. Unix has no portable call that waits for
// the end of a process that is not a child.
const parentLook = 100 * time.Millisecond

// startedBy is the parent at the start of the program. A process whose parent has ended gets
// another one.
var startedBy = os.Getppid()

// parentEnds waits until the parent has ended, or ctx ends; it reports which.
func parentEnds(ctx context.Context) bool {
	tick := time.NewTicker(parentLook)
	defer tick.Stop()
	for os.Getppid() == startedBy {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
