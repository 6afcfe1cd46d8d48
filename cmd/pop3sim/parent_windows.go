package main

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// parentLook is the longest that a wait for the parent delays the end of the program.
const parentLook = 100 * time.Millisecond

// parentEnds waits until the parent has ended, or ctx ends; it reports which. A parent that cannot
// be opened has ended.
func parentEnds(ctx context.Context) bool {
	parent, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(os.Getppid()))
	if err != nil {
		return true
	}
	defer func() { _ = windows.CloseHandle(parent) }() // nothing can be done
	for ctx.Err() == nil {
		event, err := windows.WaitForSingleObject(parent, uint32(parentLook.Milliseconds()))
		if err != nil || event == windows.WAIT_OBJECT_0 {
			return true
		}
	}
	return false
}
